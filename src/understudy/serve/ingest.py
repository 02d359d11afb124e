"""POST /v1/traces: OTLP over HTTP, as any OpenTelemetry exporter or collector sends it.

What was taken is in the store before it is answered. A span that cannot be used is told in the
answer's partial success; a body that cannot be read is refused whole.
"""

import asyncio
import zlib
from collections import Counter
from functools import partial

import orjson
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy.capture.importing import Context, Found
from understudy.capture.otlp import Span, decode_json, decode_protobuf
from understudy.capture.spans import read_spans
from understudy.errors import InputError
from understudy.serve.http import RefusedError, explained, json_response, read_body
from understudy.serve.state import ServeState

PATH = "/v1/traces"
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
GZIP_WINDOW = 31
TOLD_REASONS = 3


def ingest_routes(state: ServeState) -> list[Route]:
    # One export at a time: its decoding must not take the threads or the memory of the gateway.
    turn = asyncio.Lock()
    endpoint = explained(partial(_take, state, turn))
    return [Route(PATH, endpoint, methods=["POST"])]


async def _take(state: ServeState, turn: asyncio.Lock, request: Request) -> Response:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind not in (PROTOBUF, JSON):
            raise RefusedError(415, f"send content-type: {PROTOBUF} or {JSON}")
        limit = state.config.server.max_body_bytes
        body = await read_body(request, limit)
        coding = request.headers.get("content-encoding", "").strip().lower()
        async with turn:
            found = await asyncio.to_thread(_ingest, state, kind, coding, body, limit)
    except RefusedError as refusal:
        if kind != PROTOBUF:
            raise
        return Response(_status(str(refusal)), refusal.status, media_type=PROTOBUF)
    answer = _answer(found)
    if kind == PROTOBUF:
        return Response(answer.SerializeToString(), media_type=PROTOBUF)
    return json_response(MessageToDict(answer))


def _ingest(state: ServeState, kind: str, coding: str, body: bytes, limit: int) -> Found:
    spans = _decode(kind, _decompress(coding, body, limit))
    context = Context(state.application, state.config, state.clock())
    found = read_spans(spans, context).redacted(state.recorder.redactor)
    size = state.config.capture.drain_batch
    for at in range(0, len(found.inferences), size):
        state.store.insert_inferences(found.inferences[at : at + size])
    for at in range(0, len(found.traces), size):
        state.store.insert_traces(found.traces[at : at + size])
    state.store.insert_feedback(found.feedback)
    return found


def _decode(kind: str, body: bytes) -> list[Span | str]:
    try:
        return decode_protobuf(body) if kind == PROTOBUF else decode_json(orjson.loads(body))
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


def _answer(found: Found) -> ExportTraceServiceResponse:
    """Empty where all went well, as the specification wants it."""
    reasons = Counter([*found.broken, *found.doubts])
    if not reasons:
        return ExportTraceServiceResponse()
    told = [f"{n} x {reason}" if n > 1 else reason for reason, n in reasons.most_common()]
    more = len(told) - TOLD_REASONS
    message = "; ".join(told[:TOLD_REASONS]) + (f"; and {more} more" if more > 0 else "")
    partial_success = ExportTracePartialSuccess(
        rejected_spans=len(found.broken), error_message=message
    )
    return ExportTraceServiceResponse(partial_success=partial_success)


def _status(sentence: str) -> bytes:
    """google.rpc.Status, which OTLP wants with a 4xx: the same bytes as a partial success whose
    second field is the message."""
    status: bytes = ExportTracePartialSuccess(error_message=sentence).SerializeToString()
    return status
