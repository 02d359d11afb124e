"""GET /api/status, /healthz, /readyz and /metrics: what the server sees and does. Changes nothing."""

import asyncio
from functools import partial
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy.records import TEACHER, Event, Release, Run
from understudy.serve.http import explained, json_response
from understudy.serve.state import ServeState

TIMELINE_EVENTS = 50


def status_routes(state: ServeState) -> list[Route]:
    return [
        Route("/api/status", explained(partial(_status, state)), methods=["GET"]),
        Route("/metrics", explained(partial(_metrics, state)), methods=["GET"]),
    ]


def health_routes(state: ServeState) -> list[Route]:
    """For whoever restarts or balances servers; they tell nothing else and need no key."""
    return [
        Route("/healthz", _healthz, methods=["GET"]),
        Route("/readyz", partial(_readyz, state), methods=["GET"]),
    ]


async def _status(state: ServeState, _request: Request) -> Response:
    return json_response(await asyncio.to_thread(build_status, state))


async def _healthz(_request: Request) -> Response:
    return json_response({"status": "ok"})


async def _readyz(state: ServeState, _request: Request) -> Response:
    """503 while a student that is on stage is still loading; the teacher serves meanwhile."""
    starting = state.students.starting
    return json_response({"ready": not starting, "starting": starting}, 503 if starting else 200)


async def _metrics(state: ServeState, _request: Request) -> Response:
    return Response(state.metrics.render(), media_type=CONTENT_TYPE_LATEST)


def build_status(state: ServeState) -> dict[str, Any]:
    store = state.store
    return {
        "application": state.application.name,
        "config_hash": state.config_hash,
        "uptime_s": round(state.clock() - state.started_at, 3),
        "teacher": {"kind": state.config.teacher.kind, "base_url": state.config.teacher.base_url},
        "student": {
            "temperature": state.student.temperature,
            "running": state.students.running,
            "starting": state.students.starting,
        },
        "functions": {name: _function(state, name) for name in state.application.functions},
        "releases": [_release(release) for release in store.find_releases()],
        "runs": [_run(run) for run in store.find_runs()],
        "counts": _counts(state),
        "trainer": dict(state.actions.trainer_status()),
        "replay": dict(state.actions.replay_status()),
        "judge": dict(state.actions.judge_status()),
        "prompts": dict(state.actions.prompt_status()),
        "timeline": [_event(event) for event in store.find_events()[-TIMELINE_EVENTS:]],
    }


def _function(state: ServeState, name: str) -> dict[str, Any]:
    traffic = state.traffic.find(name)
    if traffic is None:
        nobody = {"candidate": None, "share": 0.0, "shadow": False, "since": None}
        return {"champion": str(TEACHER), **nobody}
    return {
        "champion": str(traffic.champion),
        "candidate": None if traffic.candidate is None else str(traffic.candidate),
        "share": traffic.share,
        "shadow": traffic.shadow,
        "since": traffic.since,
    }


def _counts(state: ServeState) -> dict[str, int]:
    recorder, store = state.recorder, state.store
    return {
        "captured": recorder.captured,
        "dropped": recorder.dropped,
        "lost": recorder.lost,
        "queued_bytes": recorder.queued_bytes,
        "inferences": store.count_inferences(),
        "traces": store.count_traces(),
        "feedback": store.count_feedback(),
        "fallbacks": state.metrics.total("fallbacks"),
        "comparisons_left_out": state.metrics.total("watch_dropped"),
    }


def _release(release: Release) -> dict[str, Any]:
    return {
        "number": release.number,
        "name": str(release.variant),
        "run": release.run,
        "functions": list(release.functions),
        "state": release.state.value,
        "reason": release.reason,
        "gguf": None if release.gguf is None else str(release.gguf),
        "gguf_sha256": release.gguf_sha256,
        "size_bytes": release.size_bytes,
        "created_at": release.created_at,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "learner": run.learner,
        "dataset": run.dataset,
        "state": run.state.value,
        "folder": str(run.folder),
        "metrics": dict(run.metrics),
        "error": run.error,
        "created_at": run.created_at,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": event.at,
        "function": event.function,
        "variant": str(event.variant),
        "event": event.event,
        "student_share": event.student_share,
        "reason": event.reason,
    }
