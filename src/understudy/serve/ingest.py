"""POST /v1/traces, /v1/logs: OTLP over HTTP, as any OpenTelemetry exporter or collector sends it.

Takes spans, and of logs the results of evaluations alone. What was taken is in the store before it is
answered; what cannot be used is told in the answer's partial success; a body that cannot be read is
refused whole.
"""

import asyncio
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy.capture import otlp, otlp_logs
from understudy.capture.evaluations import EVENT, read_logged
from understudy.capture.importing import Context, Found
from understudy.capture.spans import read_spans
from understudy.errors import InputError
from understudy.serve.http import RefusedError, explained, json_response, read_body
from understudy.serve.state import ServeState

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
GZIP_WINDOW = 31
TOLD_REASONS = 3


@dataclass(frozen=True, slots=True)
class _Signal:
    """One kind of export: how its body becomes records, and its answer."""

    from_protobuf: Callable[[bytes], list[Any]]
    from_json: Callable[[Any], list[Any]]
    read: Callable[[list[Any], Context], Found]
    answer: Callable[[Found], Message]


def ingest_routes(state: ServeState) -> list[Route]:
    # One export at a time: its decoding must not take the threads or the memory of the gateway.
    turn = asyncio.Lock()
    return [
        Route(path, explained(partial(_take, state, turn, signal)), methods=["POST"])
        for path, signal in SIGNALS.items()
    ]


async def _take(
    state: ServeState, turn: asyncio.Lock, signal: _Signal, request: Request
) -> Response:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind not in (PROTOBUF, JSON):
            raise RefusedError(415, f"send content-type: {PROTOBUF} or {JSON}")
        limit = state.config.server.max_body_bytes
        body = await read_body(request, limit)
        coding = request.headers.get("content-encoding", "").strip().lower()
        async with turn:
            plain = await asyncio.to_thread(_decompress, coding, body, limit)
            found = await asyncio.to_thread(_ingest, state, signal, kind, plain)
    except RefusedError as refusal:
        if kind != PROTOBUF:
            raise
        return Response(_status(str(refusal)), refusal.status, media_type=PROTOBUF)
    answer = signal.answer(found)
    if kind == PROTOBUF:
        return Response(answer.SerializeToString(), media_type=PROTOBUF)
    return json_response(MessageToDict(answer))


def _ingest(state: ServeState, signal: _Signal, kind: str, body: bytes) -> Found:
    records = _decode(signal, kind, body)
    context = Context(state.application, state.config, state.clock())
    found = signal.read(records, context).redacted(state.recorder.redactor)
    size = state.config.capture.drain_batch
    for at in range(0, len(found.inferences), size):
        state.store.insert_inferences(found.inferences[at : at + size])
    for at in range(0, len(found.traces), size):
        state.store.insert_traces(found.traces[at : at + size])
    state.store.insert_feedback(found.feedback)
    return found


def _decode(signal: _Signal, kind: str, body: bytes) -> list[Any]:
    try:
        if kind == PROTOBUF:
            return signal.from_protobuf(body)
        return signal.from_json(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise RefusedError(400, f"the body is no JSON ({error}); mend it") from error
    except InputError as error:
        raise RefusedError(400, str(error)) from error


def _decompress(coding: str, body: bytes, limit: int) -> bytes:
    """Never makes more than the limit of it: a bomb of 32 kB would else become 32 MB, or more."""
    if coding in ("", "identity"):
        return body
    if coding != "gzip":
        raise RefusedError(415, f"content-encoding {coding!r} is not read; send gzip or none")
    inflater = zlib.decompressobj(wbits=GZIP_WINDOW)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise RefusedError(400, f"the body is no gzip ({error}); mend the exporter") from error
    if len(plain) > limit:
        sentence = f"the body inflates to more than server.max_body_bytes = {limit}"
        raise RefusedError(413, f"{sentence}; send smaller batches")
    if not inflater.eof or inflater.unused_data:
        raise RefusedError(400, "the body is not one whole gzip member; send it again")
    return plain


def _answer_spans(found: Found) -> Message:
    message = _sum_up([*found.broken, *found.doubts])
    if not message:
        return ExportTraceServiceResponse()
    told = ExportTracePartialSuccess(rejected_spans=len(found.broken), error_message=message)
    return ExportTraceServiceResponse(partial_success=told)


def _answer_logs(found: Found) -> Message:
    """Whoever sends a whole log learns that it is not kept here."""
    others = [f"no {EVENT}, which alone is taken; filter the logs"] * found.unrelated
    message = _sum_up([*found.broken, *others])
    if not message:
        return ExportLogsServiceResponse()
    rejected = len(found.broken) + found.unrelated
    told = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=message)
    return ExportLogsServiceResponse(partial_success=told)


def _sum_up(reasons: list[str]) -> str:
    """Empty where all went well, as the specification wants it."""
    counted = Counter(reasons).most_common()
    told = [f"{n} x {reason}" if n > 1 else reason for reason, n in counted]
    more = len(told) - TOLD_REASONS
    return "; ".join(told[:TOLD_REASONS]) + (f"; and {more} more" if more > 0 else "")


def _status(sentence: str) -> bytes:
    """google.rpc.Status, which OTLP wants with a 4xx: the same bytes as a partial success whose
    second field is the message."""
    status: bytes = ExportTracePartialSuccess(error_message=sentence).SerializeToString()
    return status


def _read_logged(records: list[Any], context: Context) -> Found:
    return read_logged(records, context.made_at)


SIGNALS = {
    "/v1/traces": _Signal(otlp.decode_protobuf, otlp.decode_json, read_spans, _answer_spans),
    "/v1/logs": _Signal(
        otlp_logs.decode_protobuf, otlp_logs.decode_json, _read_logged, _answer_logs
    ),
}
