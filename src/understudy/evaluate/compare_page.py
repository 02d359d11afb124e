"""report.html of a comparison, drawn from report.json alone; computes no figure of its own.

Self-contained: no script, no network. Whatever a model wrote is escaped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from understudy.curate.signals.vector import DIMENSIONS

COLOURS = ("#2970ff", "#f79009", "#12b76a", "#ee46bc")
LONGEST = 20_000
"""Characters of a reply that the page shows; report.json holds them all."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text, and the finding that it carries."""

    text: str
    kind: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One variant's mean of a dimension; `share` of the largest among the variants."""

    variant: str
    value: float
    share: float
    colour: str


def render(report: Mapping[str, Any], prompts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The page in pieces; a prompt is drawn when its turn comes."""
    environment = Environment(
        loader=PackageLoader("understudy.evaluate", "pages"),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("compare.html")
    rows = bars(report["variants"])
    return page.generate(report=report, prompts=prompts, rows=rows, segments=segments)


def bars(variants: Mapping[str, Any]) -> list[tuple[str, str, list[Bar]]]:
    """Each dimension with its meaning and a bar for every variant that answered."""
    vectors = {name: one["vector"] for name, one in variants.items() if "vector" in one}
    rows = []
    for dimension in DIMENSIONS:
        values = {name: vector[dimension.name] for name, vector in vectors.items()}
        largest = max((abs(value) for value in values.values()), default=0.0) or 1.0
        drawn = [
            Bar(name, value, abs(value) / largest, COLOURS[place % len(COLOURS)])
            for place, (name, value) in enumerate(values.items())
        ]
        rows.append((dimension.name, f"{dimension.meaning}; {dimension.unit}", drawn))
    return rows


def segments(text: str, findings: Sequence[Mapping[str, Any]], where: str) -> list[Segment]:
    """The text cut at its findings; of overlapping ones the first is marked."""
    found = sorted((one for one in findings if one["where"] == where), key=lambda one: one["start"])
    return list(_cut(text[:LONGEST], found, len(text) > LONGEST))


def _cut(text: str, found: Sequence[Mapping[str, Any]], shortened: bool) -> Iterator[Segment]:
    end = 0
    for one in found:
        if one["start"] < end or one["end"] > len(text):
            continue
        yield Segment(text[end : one["start"]])
        title = f"{one['kind']} ({one['confidence']:.2f}, {one['found_by']})"
        yield Segment(text[one["start"] : one["end"]], one["kind"], title)
        end = one["end"]
    yield Segment(text[end:])
    if shortened:
        yield Segment(" … (the rest is in report.json)")
