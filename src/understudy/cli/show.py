"""How results look in a terminal: rich tables from plain records. Decides nothing."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from understudy.capture.importing import ImportReport
from understudy.cli.doctor import Finding
from understudy.cli.terminal import clean
from understudy.config import Setting

SHOWN_LINES = 10


def settings_table(settings: Iterable[Setting]) -> Table:
    table = Table(Column("setting", no_wrap=True), box=None, pad_edge=False)
    table.add_column("value", overflow="fold")
    table.add_column("from", overflow="fold")
    table.add_column("meaning")
    for setting in settings:
        colour = "" if setting.origin == "default" else "bold"
        cells = (str(setting.value), setting.origin, setting.meaning)
        table.add_row(setting.name, *cells, style=colour)
    return table


def settings_markdown(settings: Iterable[Setting]) -> str:
    rows = [f"| `{s.name}` | `{s.value!r}` | {s.meaning} |" for s in settings]
    return "\n".join(["# Settings", "", "| setting | default | meaning |", "|---|---|---|", *rows])


def findings_table(findings: Iterable[Finding]) -> Table:
    table = Table("", "what", "found", "what to do", box=None, pad_edge=False)
    for finding in findings:
        word, colour = ("no", "red") if finding.required else ("-", "yellow")
        mark = Text("ok", "green") if finding.ok else Text(word, colour)
        table.add_row(mark, finding.what, finding.found, "" if finding.ok else finding.do)
    return table


def report_table(report: Mapping[str, Any]) -> Table:
    """The measure that the function's gate compares first, then every other that was taken."""
    variants: Mapping[str, Any] = report["variants"]
    primary = report["primary"]
    title = f"{report['function']}, n = {report['n']}; the gate compares {primary}"
    table = Table("measure", *variants, title=title)
    for name in dict.fromkeys((primary, *report["measures"])):
        cells = [_interval(measures.get(name)) for measures in variants.values()]
        table.add_row(name, *cells)
    for quantile in ("p50", "p95"):
        cells = [f"{m['latency_ms'][quantile]:.0f} ms" for m in variants.values()]
        table.add_row(f"latency {quantile}", *cells)
    return table


def status_tables(status: Mapping[str, Any]) -> Sequence[Table]:
    functions = Table("function", "champion", "candidate", "share", "shadow", title="traffic")
    for name, row in status["functions"].items():
        cells = (name, row["champion"], row["candidate"] or "-", f"{row['share']:.0%}")
        functions.add_row(*cells, "yes" if row["shadow"] else "no")
    releases = Table("release", "state", "reason", title="releases")
    for row in status["releases"]:
        releases.add_row(f"student@{row['number']}", row["state"], row["reason"])
    counts = Table("captured", "value", title="counts")
    for name, value in status["counts"].items():
        counts.add_row(name, str(value))
    trainer = status.get("trainer")
    return functions, releases, counts, *([_trainer_table(trainer)] if trainer else [])


def _trainer_table(trainer: Mapping[str, Any]) -> Table:
    """What a running server says of its trainer."""
    table = Table("what", "value", title="trainer")
    share, wait_s = trainer["progress"], trainer["next_check_in_s"]
    done = "" if share is None else f"{share:.0%}"
    table.add_row("at work", " ".join(filter(None, (trainer["stage"], done, trainer["message"]))))
    table.add_row("new traces", f"{trainer['new_traces']} of {trainer['min_traces']} (min_traces)")
    wait = None if wait_s is None else timedelta(seconds=round(wait_s))
    table.add_row("next look", "never (trainer.enabled)" if wait is None else f"in {wait}")
    for function, reason in trainer["on_stage"].items():
        table.add_row(f"{function} on stage", reason)
    for part, fault in trainer["errors"].items():
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(fault["at"]))
        table.add_row(Text(f"{clean(part)} failed, {at}", "red"), fault["error"])
    return table


def import_table(report: ImportReport, file: Path) -> Table:
    title = f"imported from {file.name}, read as {report.format}"
    table = Table("what", "n", title=title)
    table.add_row("new records", str(report.imported))
    table.add_row("known before", str(report.known))
    for kind, count in report.by_kind.items():
        table.add_row(kind, str(count))
    for line, reason in report.skipped[:SHOWN_LINES]:
        table.add_row(Text(f"line {line} skipped", "red"), reason)
    if len(report.skipped) > SHOWN_LINES:
        table.add_row("more skipped", str(len(report.skipped) - SHOWN_LINES))
    for note in report.notes:
        table.add_row(Text("note", "yellow"), note)
    return table


def _interval(value: Any) -> str:
    if value is None:
        return "-"
    if not isinstance(value, Mapping):
        return f"{value:.3f}"
    if value.get("low") is None:
        return f"{value['mean']:.3f}"
    return f"{value['mean']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
