"""Records as table rows and back. Pure: no SQL, no ids, no times made here."""

import hashlib
from collections.abc import Mapping
from typing import Any

from understudy.keys import ApiKey, Scope
from understudy.records import (
    Completion,
    Event,
    Feedback,
    FeedbackKind,
    FeedbackSource,
    Inference,
    InferenceStatus,
    Message,
    Prompt,
    PromptVersion,
    Ranking,
    ReasoningKind,
    TokenConfidence,
    Trace,
    TraceSource,
    Traffic,
    TrainingPermission,
    Usage,
    Variant,
)

Row = Mapping[str, Any]


def text_row(text: str) -> dict[str, Any]:
    return {"hash": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), "text": text}


def inference_row(inference: Inference) -> dict[str, Any]:
    completion, fallback = inference.completion, inference.fallback_from
    return {
        "id": inference.id,
        "function": inference.function,
        "episode": inference.episode,
        "user": inference.user,
        "variant": str(inference.variant),
        "propensity": inference.propensity,
        **_prompt_columns(inference.prompt),
        "answer": completion.answer,
        "thinking": completion.thinking,
        "reasoning_kind": completion.reasoning_kind.value,
        "stop_reason": completion.stop_reason,
        **_usage_columns(completion.usage),
        "model": completion.model,
        "confidence": None if completion.confidence is None else completion.confidence.plain(),
        "aside": completion.aside,
        "status": inference.status.value,
        "latency_s": inference.latency_s,
        "cost_usd": inference.cost_usd,
        "prompt_hash": inference.prompt_hash,
        "config_hash": inference.config_hash,
        "created_at": inference.created_at,
        "fallback_from": None if fallback is None else str(fallback),
        "error": inference.error,
        "shadow": inference.shadow,
        "ranking": None if inference.ranking is None else inference.ranking.plain(),
        "prompt_version": None
        if inference.prompt_version is None
        else inference.prompt_version.plain(),
    }


def read_inference(row: Row) -> Inference:
    fallback = row["fallback_from"]
    return Inference(
        id=row["id"],
        function=row["function"],
        episode=row["episode"],
        user=row["user"],
        variant=Variant.parse(row["variant"]),
        propensity=row["propensity"],
        prompt=_prompt(row),
        completion=Completion(
            answer=row["answer"],
            thinking=row["thinking"],
            reasoning_kind=ReasoningKind(row["reasoning_kind"]),
            stop_reason=row["stop_reason"],
            usage=_usage(row),
            model=row["model"],
            confidence=TokenConfidence.read(row["confidence"]),
            aside=row["aside"],
        ),
        status=InferenceStatus(row["status"]),
        latency_s=row["latency_s"],
        cost_usd=row["cost_usd"],
        prompt_hash=row["prompt_hash"],
        config_hash=row["config_hash"],
        created_at=row["created_at"],
        fallback_from=None if fallback is None else Variant.parse(fallback),
        error=row["error"],
        shadow=row["shadow"],
        ranking=Ranking.read(row["ranking"]),
        prompt_version=PromptVersion.read(row["prompt_version"]),
    )


def feedback_row(feedback: Feedback) -> dict[str, Any]:
    return {
        "id": feedback.id,
        "kind": feedback.kind.value,
        "name": feedback.name,
        "value": feedback.value,
        "source": feedback.source.value,
        "inference": feedback.inference,
        "episode": feedback.episode,
        "user": feedback.user,
        "confidence": feedback.confidence,
        "created_at": feedback.created_at,
        "key": feedback.key,
    }


def read_feedback(row: Row) -> Feedback:
    kind, source = FeedbackKind(row["kind"]), FeedbackSource(row["source"])
    return Feedback(**{**row, "kind": kind, "source": source})


def read_numbered_feedback(row: Row) -> tuple[int, Feedback]:
    columns = dict(row)
    return int(columns.pop("rowid")), read_feedback(columns)


def trace_row(trace: Trace) -> dict[str, Any]:
    return {
        "id": trace.id,
        "function": trace.function,
        **_prompt_columns(trace.prompt),
        "thinking": trace.thinking,
        "answer": trace.answer,
        "reasoning_kind": trace.reasoning_kind.value,
        "teacher": trace.teacher,
        "training_permission": trace.training_permission.value,
        "source": trace.source.value,
        "family": trace.family,
        "created_at": trace.created_at,
        "inference": trace.inference,
        **_usage_columns(trace.usage),
        "behaviour": dict(trace.behaviour),
    }


def read_trace(row: Row) -> Trace:
    return Trace(
        id=row["id"],
        function=row["function"],
        prompt=_prompt(row),
        thinking=row["thinking"],
        answer=row["answer"],
        reasoning_kind=ReasoningKind(row["reasoning_kind"]),
        teacher=row["teacher"],
        training_permission=TrainingPermission(row["training_permission"]),
        source=TraceSource(row["source"]),
        family=row["family"],
        created_at=row["created_at"],
        inference=row["inference"],
        usage=_usage(row),
        behaviour=row["behaviour"],
    )


def traffic_row(traffic: Traffic) -> dict[str, Any]:
    return {
        "function": traffic.function,
        "champion": str(traffic.champion),
        "candidate": None if traffic.candidate is None else str(traffic.candidate),
        "share": traffic.share,
        "shadow": traffic.shadow,
        "since": traffic.since,
    }


def read_traffic(row: Row) -> Traffic:
    candidate = None if row["candidate"] is None else Variant.parse(row["candidate"])
    champion = Variant.parse(row["champion"])
    return Traffic(**{**row, "champion": champion, "candidate": candidate})


def event_row(event: Event) -> dict[str, Any]:
    return {
        "at": event.at,
        "function": event.function,
        "variant": str(event.variant),
        "event": event.event,
        "student_share": event.student_share,
        "reason": event.reason,
    }


def read_event(row: Row) -> Event:
    rest = {name: value for name, value in row.items() if name != "id"}
    return Event(**{**rest, "variant": Variant.parse(row["variant"])})


def key_row(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(scope.value for scope in key.scopes),
        "digest": key.digest,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }


def read_key(row: Row) -> ApiKey:
    return ApiKey(**{**row, "scopes": frozenset(map(Scope, row["scopes"]))})


def _prompt_columns(prompt: Prompt) -> dict[str, Any]:
    turns = [[message.role, message.content] for message in prompt.messages]
    return {"system": text_row(prompt.system)["hash"], "messages": turns}


def _prompt(row: Row) -> Prompt:
    return Prompt(row["text"], tuple(Message(role, content) for role, content in row["messages"]))


def _usage_columns(usage: Usage) -> dict[str, int]:
    return {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}


def _usage(row: Row) -> Usage:
    return Usage(row["input_tokens"], row["output_tokens"])
