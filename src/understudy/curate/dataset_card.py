"""A dataset's README.md: what it is made of and who allowed it, and where `datasets` finds its files."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from understudy.curate.eligibility import NEAR_DUPLICATE, NEAR_HELD_OUT

SPLITS = ("train", "holdout")


def render_card(manifest: Mapping[str, Any]) -> str:
    counts = manifest["counts"]
    lines = [
        *_front_matter(manifest.get("files", {})),
        f"# Dataset {manifest['id']}",
        "",
        f"For the functions {', '.join(manifest['functions'])}: {counts['rows']} rows from "
        f"{counts['kept']} of {counts['found']} traces that were found.",
        "",
        *_origin(manifest),
        *_table("rows", _rows(counts).items()),
        *_table("traces left out because", manifest["skipped"].items()),
        *_table(
            "traces that gave an answer alone because", manifest.get("answer_only", {}).items()
        ),
        *_table("teacher", manifest["teachers"].items()),
        *_table("teacher's permission", manifest["permissions"].items()),
        *_table("kind of reasoning", manifest["reasoning_kinds"].items()),
        *_slices(manifest.get("slices", {})),
        *_tokens(manifest.get("tokens", {})),
        *_files(manifest.get("files", {})),
        *(line for remark in remarks(manifest) for line in (remark, "")),
        "Each line of `samples.jsonl` has `prompt` (the system message first), `prefix` (what the "
        "assistant has already written) and `completion` (what is learned).",
        "",
    ]
    return "\n".join(lines)


def remarks(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What a reader must know: that most was near-duplicates, and what of the two formats is absent.
    `datasets` (5.2) fails on a Parquet file without a row, so a split without one has no file."""
    found = manifest["counts"]["found"]
    near = sum(manifest["skipped"].get(reason, 0) for reason in (NEAR_DUPLICATE, NEAR_HELD_OUT))
    if near > found / 2:
        yield (
            f"{near} of {found} traces were left out as near-duplicates. If they ask different things "
            "about one long text and are answered alike, or a question about that text is held out, set "
            "`samples.near_duplicate` higher, or to 1."
        )
    files = manifest.get("files", {})
    if files and "prompt_completion/holdout.parquet" not in files:
        yield "No trace is held out: `prompt_completion` has no split `holdout`."
    if files and "preference/train.parquet" not in files:
        yield "There is no pair: `load_dataset` finds no `preference`."


def _front_matter(files: Mapping[str, Any]) -> Iterator[str]:
    """The names under which `datasets.load_dataset(folder, NAME)` opens the Parquet files."""
    by_format: dict[str, list[tuple[str, str]]] = {}
    for path in files:
        form, _, file = path.partition("/")
        if file.endswith(".parquet"):
            by_format.setdefault(form, []).append((file.removesuffix(".parquet"), path))
    if not by_format:
        return
    yield "---"
    yield "configs:"
    for place, (form, splits) in enumerate(by_format.items()):
        yield f"- config_name: {form}"
        yield from ["  default: true"] * (place == 0)
        yield "  data_files:"
        for split, path in splits:
            yield f"  - split: {split}"
            yield f"    path: {path}"
    yield "---"
    yield ""


def _origin(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Only of a dataset that was built for others to read."""
    if "command" in manifest:
        yield f"Made by `{manifest['command']}`; sha256 of its rows `{manifest['sha256']}`; the "
        yield f"configuration had the hash `{manifest['config_hash']}`. Training on a teacher's "
        yield "answers needs that teacher's permission; it is what the operator recorded, not a licence."
        yield ""


def _rows(counts: Mapping[str, int]) -> dict[str, int]:
    return {name.removeprefix("rows_"): n for name, n in counts.items() if name.startswith("rows_")}


def _slices(slices: Mapping[str, Any]) -> Iterator[str]:
    for function, by_split in slices.items():
        names = dict.fromkeys(name for split in SPLITS for name in by_split.get(split, {}))
        rows = [
            (name, *(by_split.get(split, {}).get(name, 0) for split in SPLITS)) for name in names
        ]
        yield from _table(f"slice of {function}", rows, ("training traces", "held out"))


def _tokens(tokens: Mapping[str, Any]) -> Iterator[str]:
    if tokens:
        rows = [
            (name, *(one[column] for column in ("total", "mean", "p50", "p95", "max")))
            for name, one in tokens["by_part"].items()
        ]
        columns = ("total", "mean", "median", "p95", "longest")
        yield from _table(f"tokens ({tokens['counted_by']})", rows, columns)


def _files(files: Mapping[str, Any]) -> Iterator[str]:
    rows = [(f"`{path}`", one["rows"], f"`{one['sha256']}`") for path, one in files.items()]
    yield from _table("file", rows, ("rows", "sha256"))
    if rows:
        yield "`prompt_completion` and `preference` are TRL's conversational formats. A consistency row's "
        yield "prompt ends with the assistant's own thinking, which its completion continues."
        yield ""


def _table(
    title: str, rows: Iterable[tuple[Any, ...]], columns: tuple[str, ...] = ("number",)
) -> Iterator[str]:
    every = list(rows)
    if every:
        yield f"| {title} | {' | '.join(columns)} |"
        yield "|---" * (len(columns) + 1) + "|"
        yield from (f"| {' | '.join(str(cell) for cell in row)} |" for row in every)
        yield ""
