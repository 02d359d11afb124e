"""Traces as an application captures and makes them, and the builder with its usual arguments."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from record_builders import APPLICATION, LABELS, TICKETS, make_trace, ticket_answer

from understudy.config import Config, Samples
from understudy.curate.dataset import build_dataset
from understudy.curate.split import is_holdout
from understudy.records import Dataset, ReasoningKind, Trace, TraceSource
from understudy.store import Store

NAMES = [TICKETS.name]


def config_for(tmp_path: Path, **samples: Any) -> Config:
    return Config(data_dir=tmp_path, samples=Samples(**samples))


def build(store: Store, config: Config, **more: Any) -> Dataset:
    return build_dataset(store, APPLICATION, config, NAMES, created_at=5.0, **more)


def trained_questions(count: int) -> list[str]:
    """Questions whose families are not held out."""
    every = (f"Ticket number {i}" for i in range(10 * count))
    return [one for one in every if not is_holdout(one.lower(), 0.1)][:count]


def captured(count: int) -> list[Trace]:
    return [
        make_trace(question, answer=ticket_answer(LABELS[i % 3]))
        for i, question in enumerate(trained_questions(count))
    ]


def bootstrap(count: int) -> list[Trace]:
    """As an application makes them: every eighth a duplicate, some of them held out, some broken."""
    made = []
    for i in range(count):
        trace = make_trace(
            f"Synthetic {i if i % 8 else 0}",
            id=f"bootstrap-{i}",
            reasoning_kind=ReasoningKind.SYNTHETIC,
            source=TraceSource.BOOTSTRAP,
            thinking="" if i % 97 == 1 else f"Step {i % 5 if i % 8 else 0}, then sort.",
        )
        made.append(replace(trace, answer="no JSON") if i % 101 == 2 else trace)
    return made
