"""The quantised GGUF in llama.cpp's own server: what it reads, what it may write, how it ends."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from student_rig import SCHEMA, question, samples, student, trace
from transformers import PreTrainedTokenizerBase

from understudy.config import Student
from understudy.errors import ExportError
from understudy.learn.job import RunResult
from understudy.learn.rendering import render_prompt
from understudy.learn.student import load_student
from understudy.records import Completion, Prompt
from understudy.release.export import Gguf
from understudy.release.grammar import build_grammar
from understudy.release.llamacpp import LlamaServer, file_sha256
from understudy.wire.client import ask_student
from understudy.wire.thinking import join_thinking, split_thinking

pytestmark = pytest.mark.slow

TEXTS = (
    "vibration of pump 007?",
    '{"unit":"pump_7","metric":"load","share":0.95}',
    "  two  spaces\tand a tab\n\n\nthen lines ",
    "Zwölf Kühltürme, 3,5 °C über Soll \u2013 prüfen!",
    "पंप ७ का कंपन क्या है।",
    "泵的振动\uff0c现在多少\uff1f 温度。",
    "مضخة ٣ ، ضغط؟",
    "🚰🏭 1234567890 (a|b) [c] <d> '' `` ... …",
    "<think>\nx\n</think>\n<|user|>injected<|end|>",
    "e\u0301 \u00a0 \u200b \ufeff \r\n",
)


@pytest.fixture(scope="module")
def tokenizer(small_run: RunResult) -> PreTrainedTokenizerBase:
    return load_student(small_run.merged, student())[1]


def post(server: LlamaServer, path: str, document: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        server.url + path, orjson.dumps(document), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        found = orjson.loads(answer.read())
    assert isinstance(found, dict)
    return found


def messages(prompt: Prompt) -> list[dict[str, str]]:
    turns = [{"role": "system", "content": prompt.system}]
    return turns + [{"role": m.role, "content": m.content} for m in prompt.messages]


def complete(
    server: LlamaServer, settings: Student, prompt: Prompt, *, temperature: float = 0.0
) -> str:
    document = {
        "messages": messages(prompt),
        "grammar": build_grammar(SCHEMA, settings),
        "max_tokens": 400,
        "temperature": temperature,
    }
    found = post(server, "/v1/chat/completions", document)
    assert found["choices"][0]["finish_reason"] == "stop"
    return str(found["choices"][0]["message"]["content"])


@pytest.mark.parametrize("text", TEXTS)
def test_llama_cpp_splits_text_as_in_training(
    small_server: LlamaServer, tokenizer: PreTrainedTokenizerBase, text: str
) -> None:
    document = {"content": text, "add_special": False, "parse_special": True}
    assert post(small_server, "/tokenize", document)["tokens"] == tokenizer(text)["input_ids"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters="\0")))
def test_llama_cpp_splits_any_text_as_in_training(
    small_server: LlamaServer, tokenizer: PreTrainedTokenizerBase, text: str
) -> None:
    document = {"content": text, "add_special": False, "parse_special": True}
    assert post(small_server, "/tokenize", document)["tokens"] == tokenizer(text)["input_ids"]


def test_llama_cpp_renders_the_prompt_as_in_training(
    small_server: LlamaServer, tokenizer: PreTrainedTokenizerBase
) -> None:
    sample = samples(1)[0]
    found = post(small_server, "/apply-template", {"messages": messages(sample.prompt)})
    assert found["prompt"] == render_prompt(sample, tokenizer)


def test_llama_cpp_reads_as_many_tokens_as_in_training(
    small_server: LlamaServer, tokenizer: PreTrainedTokenizerBase
) -> None:
    sample = samples(1)[0]
    document = {"messages": messages(sample.prompt), "max_tokens": 1}
    usage = post(small_server, "/v1/chat/completions", document)["usage"]
    assert usage["prompt_tokens"] == len(tokenizer(render_prompt(sample, tokenizer))["input_ids"])


@pytest.mark.parametrize("number", range(3))
def test_a_thinking_student_thinks_then_answers_by_the_schema(
    small_server: LlamaServer, number: int
) -> None:
    text = complete(small_server, student(), question(number))
    thinking, answer = split_thinking(text)
    assert thinking
    assert join_thinking(thinking, answer) == text
    Draft202012Validator(SCHEMA).validate(orjson.loads(answer))
    assert '": ' not in answer
    assert ', "' not in answer


def test_what_was_learned_is_what_is_served(small_server: LlamaServer) -> None:
    """The whole text, so that no newline and no mark differs between training and grammar."""
    written = [join_thinking(trace(n).thinking, trace(n).answer) for n in range(12)]
    served = [complete(small_server, student(), question(n)) for n in range(12)]
    assert sum(a == b for a, b in zip(written, served, strict=True)) >= 10


def test_it_tells_how_sure_it_was_of_each_token(small_server: LlamaServer) -> None:
    async def ask() -> Completion:
        grammar = build_grammar(SCHEMA, student())
        async with aiohttp.ClientSession() as session:
            return await ask_student(
                session, small_server.url, student(), question(0), grammar, logprobs=True
            )

    said = asyncio.run(ask())
    assert said.confidence is not None
    assert 0 < said.confidence.lowest <= said.confidence.mean <= 1
    assert said.confidence.tokens >= said.usage.output_tokens - 1 > 10


def test_a_student_that_does_not_think_answers_at_once(small_server: LlamaServer) -> None:
    text = complete(small_server, student(thinking=False), question(0))
    assert Draft202012Validator(SCHEMA).is_valid(orjson.loads(text))


@pytest.mark.parametrize("temperature", [1.0, 5.0])
def test_even_a_confused_student_keeps_to_the_grammar(
    small_server: LlamaServer, temperature: float
) -> None:
    limited = student(max_thinking_chars=40)
    text = complete(small_server, limited, question(1), temperature=temperature)
    thinking, answer = split_thinking(text)
    assert 0 < len(thinking or "") <= 2 * 40
    Draft202012Validator(SCHEMA).validate(orjson.loads(answer))


def test_a_wrong_sha256_is_refused_with_both(small_release: Gguf, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=f"has sha256 {small_release.sha256}.* pinned 00ff"):
        LlamaServer.start(small_release.path, "00ff", student(), tmp_path / "log")


def test_a_missing_gguf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is missing; export the release again"):
        LlamaServer.start(tmp_path / "model.gguf", "00ff", student(), tmp_path / "log")


def test_a_truncated_gguf_is_refused_with_the_end_of_the_log(
    small_release: Gguf, tmp_path: Path
) -> None:
    short = tmp_path / "short.gguf"
    content = small_release.path.read_bytes()
    short.write_bytes(content[: len(content) // 2])
    sha256 = file_sha256(short)
    with pytest.raises(
        ExportError, match=r"did not load .*short\.gguf.* ends: .*corrupted or incomplete"
    ):
        LlamaServer.start(short, sha256, student(), tmp_path / "log")


def test_a_stopped_server_is_gone(small_release: Gguf, tmp_path: Path) -> None:
    server = LlamaServer.start(
        small_release.path, small_release.sha256, student(), tmp_path / "log"
    )
    assert server.alive()
    server.stop()
    assert not server.alive()
    server.stop()


def test_a_server_that_was_killed_is_not_alive(small_release: Gguf, tmp_path: Path) -> None:
    server = LlamaServer.start(
        small_release.path, small_release.sha256, student(), tmp_path / "log"
    )
    os.kill(server.pid, signal.SIGKILL)
    server.child.wait()
    assert not server.alive()
    server.stop()


def test_a_server_ends_with_its_parent(small_release: Gguf, tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path\n"
        "from understudy.config import Student\n"
        "from understudy.release.llamacpp import LlamaServer\n"
        f"server = LlamaServer.start(Path({str(small_release.path)!r}), "
        f"{small_release.sha256!r}, Student(), Path({str(tmp_path / 'log')!r}))\n"
        "print(server.pid, flush=True); os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    try:
        server = os.pidfd_open(int(parent.stdout))
    except ProcessLookupError:
        return
    ended, _, _ = select.select([server], [], [], 10.0)
    os.close(server)
    assert ended
