"""Takes existing traces and logs into the store; the format follows from the lines themselves.

Refuses a file that holds nothing it knows. A broken line is reported with its number and skipped;
importing a file twice adds nothing, because every id is the hash of what it names.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from understudy.capture.chats import read_messages_line, read_sharegpt_line
from understudy.capture.importing import UNUSABLE, Context, Format, Found, ImportReport, Row
from understudy.capture.original import read_log_line, read_trace_line
from understudy.capture.spans import read_export_line
from understudy.config import Config
from understudy.errors import InputError
from understudy.function import Application
from understudy.redaction.records import Redactor
from understudy.store import Store

FORMATS = (
    Format("traces.jsonl", "claude_answer", ("prompt", "claude_answer"), read_trace_line),
    Format("request log", "plan", ("question", "plan"), read_log_line),
    Format("chat messages", "messages", ("messages",), read_messages_line),
    Format("ShareGPT", "conversations", ("conversations",), read_sharegpt_line),
    Format("OTLP spans", "resourceSpans", ("resourceSpans",), read_export_line),
)
KINDS = ("inferences", "failed", "feedback", "traces")
BATCH_RECORDS = 500
SHOWN_COLUMNS = 12
NO_CALLS = "no LLM calls, or answers that a gateway gave and recorded itself"
BOM = b"\xef\xbb\xbf"


def import_file(
    path: Path,
    store: Store,
    application: Application,
    config: Config,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Read a JSON Lines file; `on_progress` gets the lines and the bytes that are stored so far:
    an import that was killed there goes on from there when it is run again.

    Raises InputError when no line of it can be used.
    """
    reading = _Reading(Context(application, config, _readable(path).stat().st_mtime), store)
    number = end = 0
    for number, end, row in _rows(path):
        if reading.take(number, row) and on_progress is not None:
            on_progress(number, end)
    reading.insert()
    if reading.form is None or reading.totals["read"] == 0:
        raise _refusal(path, number, reading)
    if on_progress is not None:
        on_progress(number, end)
    return reading.report(reading.form)


class _Reading:
    """The lines of one file as they become records, a batch at a time."""

    def __init__(self, context: Context, store: Store) -> None:
        self.form: Format | None = None
        self.columns: set[str] = set()
        self.skipped: list[tuple[int, str]] = []
        self.totals: Counter[str] = Counter()
        self._context = context
        self._store = store
        self._redactor = Redactor(context.config.capture)
        self._batch: list[Found] = []
        self._waiting = 0

    def take(self, number: int, row: Row | str) -> bool:
        """Whether everything read so far is now in the store."""
        found = row if isinstance(row, str) else self._read(row)
        if isinstance(found, str):
            self.skipped.append((number, found))
            return False
        self.skipped += [(number, reason) for reason in (*found.broken, *found.doubts)]
        self._batch.append(found.redacted(self._redactor))
        # Records, not lines: one line of a collector's file may hold thousands of spans.
        self._waiting += max(1, len(found.inferences))
        if self._waiting < BATCH_RECORDS:
            return False
        self.insert()
        return True

    def insert(self) -> None:
        self.totals.update(_insert(self._store, self._batch))
        self._batch, self._waiting = [], 0

    def report(self, form: Format) -> ImportReport:
        new = self.totals["lines"]
        by_kind = {kind: self.totals[kind] for kind in KINDS}
        known = self.totals["read"] - new
        notes = self._context.notes()
        if self.totals["unrelated"]:
            notes.append(f"{self.totals['unrelated']} other spans are {NO_CALLS}")
        return ImportReport(form.name, new, known, self.skipped, by_kind, notes)

    def _read(self, row: Row) -> Found | str:
        self.columns.update(row)
        self.form = self.form or next((form for form in FORMATS if form.key in row), None)
        if self.form is None:
            return "is of no known format"
        missing = [column for column in self.form.columns if column not in row]
        if missing:
            return f"lacks the column {', '.join(missing)} of the format {self.form.name}"
        try:
            return self.form.read(row, self._context)
        except UNUSABLE as error:
            return f"cannot be used: {error}"


def _readable(path: Path) -> Path:
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a JSON Lines file in it")
    if not path.exists():
        raise InputError(f"no file at {path}; name one that exists")
    try:
        with path.open("rb") as file:
            first = file.read(len(BOM) + 64).removeprefix(BOM).lstrip()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); mend its permissions"
        ) from error
    if not first:
        raise InputError(f"{path} is empty; name a file with one JSON object a line")
    if first.startswith(b"["):
        raise InputError(
            f"{path} is one JSON array; write one object a line (`jq -c '.[]' FILE > FILE.jsonl`)"
        )
    return path


def _rows(path: Path) -> Iterator[tuple[int, int, Row | str]]:
    """Each line's number and end in bytes, with its object or with what is wrong with it."""
    end = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            end += len(line)
            text = line.removeprefix(BOM) if number == 1 else line
            if not text.strip():
                continue
            try:
                row = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                cut = "" if line.endswith(b"\n") else "; the file ends in the middle of it"
                yield number, end, f"is no valid JSON ({error}){cut}"
                continue
            yield number, end, row if isinstance(row, dict) else "is no JSON object"


def _insert(store: Store, batch: list[Found]) -> Counter[str]:
    """What was new, and in how many lines."""
    inferences = [one for found in batch for one in found.inferences]
    traces = [one for found in batch for one in found.traces]
    feedback = [one for found in batch for one in found.feedback]
    fresh = {one.id for one in inferences if store.find_inference(one.id) is None}
    failed = {one.id for one in inferences if one.id in fresh and one.error}
    totals = Counter(
        read=len(inferences or traces),
        unrelated=sum(found.unrelated for found in batch),
        inferences=store.insert_inferences(inferences),
        failed=len(failed),
        traces=store.insert_traces(traces),
        feedback=store.insert_feedback(feedback),
    )
    totals["lines"] = totals["inferences"] if inferences else totals["traces"]
    return totals


def _refusal(path: Path, lines: int, reading: _Reading) -> InputError:
    if reading.form is None and reading.columns:
        known = "; ".join(f"{one.name} has {', '.join(one.columns)}" for one in FORMATS)
        found = ", ".join(sorted(reading.columns)[:SHOWN_COLUMNS])
        return InputError(f"{path} is of no known format: its columns are {found}; {known}")
    if reading.totals["unrelated"] and not reading.skipped:
        return InputError(
            f"{path}: its {reading.totals['unrelated']} spans are {NO_CALLS}; export those that "
            "carry gen_ai.* or OpenInference attributes"
        )
    number, reason = reading.skipped[0] if reading.skipped else (1, "is empty")
    step = "write one JSON object a line" if reason.startswith("is ") else "mend it, or drop it"
    return InputError(
        f"{path}: none of its {lines} lines can be used; line {number} {reason}; {step}"
    )
