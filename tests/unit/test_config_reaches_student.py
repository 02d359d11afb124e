"""[student] and [export]: the model that is built, its GGUF, and how it is asked."""

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import orjson
import pytest
from gguf import GGUFReader, GGUFWriter
from reach_rig import Reach, check, same
from student_rig import SCHEMA, question, samples, student
from transformers import PreTrainedTokenizerBase

from understudy.config import Config, Sft
from understudy.errors import StudentError
from understudy.learn.job import Job
from understudy.learn.rendering import render_prompt
from understudy.learn.sft import _load_model
from understudy.learn.student import build_student, save_student
from understudy.learn.tokenizer import student_texts, train_tokenizer
from understudy.records import Completion
from understudy.release.grammar import build_grammar
from understudy.release.quantise import quantise
from understudy.wire.client import ask_student

SMALL = student()


@cache
def tokenizer() -> PreTrainedTokenizerBase:
    return train_tokenizer((t for one in samples(12) for t in student_texts(one, SMALL)), SMALL)


def architecture(name: str) -> Callable[[Config], int]:
    return lambda config: getattr(build_student(config.student, tokenizer(), 0).config, name)


def loaded_layers(config: Config) -> int:
    """Of the student that a run begins with, beside a base of one layer in the folder `base`."""
    save_student(build_student(SMALL, tokenizer(), 0), tokenizer(), Path("base"))
    whole = config.model_copy(update={"sft": Sft(adapter="none")})
    model, _ = _load_model(Job(Path("run"), whole, Path("data"), None, None, 0), samples(4))
    return int(model.config.num_hidden_layers)


def reads_all(config: Config) -> bool:
    texts = (text for one in samples(4) for text in student_texts(one, SMALL))
    made = train_tokenizer(texts, config.student)
    return "only a large student reads" in render_prompt(samples(1)[0], made)


def grammar(part: str) -> Callable[[Config], bool]:
    return lambda config: part in build_grammar(SCHEMA, config.student)


class _Chat(BaseHTTPRequestHandler):
    """An OpenAI server that answers `{}` and keeps what it was sent."""

    received: list[dict[str, Any]] = []  # noqa: RUF012  # the standard library makes the instance

    def do_POST(self) -> None:
        self.received.append(orjson.loads(self.rfile.read(int(self.headers["content-length"]))))
        choice = {"message": {"content": "{}"}, "finish_reason": "stop"}
        answer = orjson.dumps({"choices": [choice]})
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


async def ask(url: str, config: Config) -> Completion:
    async with aiohttp.ClientSession() as session:
        return await ask_student(session, url, config.student, question(0), None)


def sent(name: str) -> Callable[[Config], Any]:
    def probe(config: Config) -> Any:
        with HTTPServer(("127.0.0.1", 0), _Chat) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            asyncio.run(ask(f"http://127.0.0.1:{server.server_port}", config))
            thread.join()
        return _Chat.received[-1][name]

    return probe


def is_given_up(config: Config) -> bool:
    """By a caller whose student takes the connection and says nothing."""
    refused = pytest.raises(StudentError, match="no answer within")
    with socket.create_server(("127.0.0.1", 0)) as silent, refused:
        asyncio.run(ask(f"http://127.0.0.1:{silent.getsockname()[1]}", config))
    return True


def tensor_type(config: Config) -> str:
    out = Path("model.gguf")
    quantise(_f16(rows=16), out, config.export)
    return str(GGUFReader(out).tensors[0].tensor_type.name)


def tool(config: Config) -> str:
    """Who wrote the file: llama.cpp's own tool is wherever the config says."""
    script = Path("bin/llama-quantize")
    script.parent.mkdir()
    script.write_text('#!/bin/sh\nprintf "%s" tool > "$2"\n')
    script.chmod(0o755)
    quantise(_f16(rows=16), Path("model.gguf"), config.export)
    return Path("model.gguf").read_bytes()[:4].decode()


def quantising_threads(config: Config) -> int:
    """How many work on a tensor of two chunks."""
    seen: set[str] = set()
    source = _f16(rows=9000)
    threading.setprofile(lambda *_: seen.add(threading.current_thread().name))
    try:
        quantise(source, Path("model.gguf"), config.export)
    finally:
        threading.setprofile(None)
    return len({name for name in seen if name.startswith("ThreadPoolExecutor")})


def _f16(rows: int) -> Path:
    path = Path("f16.gguf")
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_tensor("token_embd.weight", np.ones((rows, 256), dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


STUDENT: dict[str, Reach] = {
    "student.name": same("other", sent("model")),
    "student.base": Reach("base", loaded_layers, 1),
    "student.system_prompt": Reach("full", reads_all, True),
    "student.hidden_size": same(512, architecture("hidden_size")),
    "student.layers": same(2, architecture("num_hidden_layers")),
    "student.heads": same(8, architecture("num_attention_heads")),
    "student.kv_heads": same(2, architecture("num_key_value_heads")),
    "student.intermediate_size": same(256, architecture("intermediate_size")),
    "student.vocab_size": same(600, architecture("vocab_size")),
    "student.context_tokens": same(256, architecture("max_position_embeddings")),
    "student.thinking": Reach(False, grammar("<think>"), False),
    "student.max_thinking_chars": Reach(77, grammar("{1,77}"), True),
    "student.max_new_tokens": same(99, sent("max_tokens")),
    "student.temperature": same(0.7, sent("temperature")),
    "student.timeout_s": Reach(0.05, is_given_up, True, alone=True),
    "export.quantisation": Reach("q8_0", tensor_type, "Q8_0"),
    "export.threads": Reach(1, quantising_threads, 1),
    "export.llama_quantize": Reach("bin/llama-quantize", tool, "tool"),
}


@pytest.mark.parametrize("name", STUDENT)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # no llama-quantize but the one that is named
    check(name, STUDENT[name], tmp_path, monkeypatch)
