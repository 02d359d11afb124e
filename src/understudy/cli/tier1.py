"""`understudy tier1`: what the ranker learned, what it would have earned, why it moved an entry.

Reads the last checkpoint and the store beside a running server; only `reset` changes anything.
"""

import itertools
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from understudy.cli.compose import Session, open_session
from understudy.cli.terminal import Terminal
from understudy.cli.tier1_tables import (
    entries_table,
    explained,
    fair_text,
    place,
    text_of,
    whatif_table,
)
from understudy.errors import InputError, NotFoundError, ServerError

if TYPE_CHECKING:
    from understudy.learn.tier1.ranker import Ranker

CONFIDENCE = 0.95
ORDER = "order"
MODELS_ORDER = "the models' own order"
RANKER_HELP = "a folder with a checkpoint, or `order` for the models' own order"
console = Terminal()
tier1_app = typer.Typer(no_args_is_help=True, help="See what tier 1 learned from feedback.")
FunctionOption = Annotated[
    str | None, typer.Option(help="Which function; may be left out where only one lists.")
]


@tier1_app.command()
def status(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what each ranker serves and learned: the server's own, else the last checkpoints."""
    found = read_tier1(open_session(ctx.obj))
    if as_json:
        print(json.dumps(found))
        return
    if found["error"]:
        console.print(Text("the last fit failed:", "red"), found["error"])
    if found["off"]:
        console.print(Text("tier 1 is off:", "yellow"), found["off"])
    if found.get("waits"):
        console.print(Text("tier 1 waits:", "yellow"), found["waits"])
    table = Table("function", "what", "value", title="tier 1")
    for name, row in found["functions"].items():
        entries = row.pop("entries", [])
        for what, value in row.items():
            table.add_row(name, what, text_of(value))
        if entries:
            console.print(entries_table(name, entries))
    console.print(table if found["functions"] else "no ranker has learned anything yet")


@tier1_app.command()
def whatif(
    ctx: typer.Context,
    function: FunctionOption = None,
    top: Annotated[
        int, typer.Option(min=1, help="How many entries of an answer count as shown by a ranker.")
    ] = 1,
    days: Annotated[
        float, typer.Option(min=0.0, help="Look back so far, to 10,000 judged answers at most.")
    ] = 30.0,
    checkpoint: Annotated[
        str | None, typer.Option(help=f"One: {RANKER_HELP}; the last checkpoint if left out.")
    ] = None,
    against: Annotated[str, typer.Option(help=f"The other: {RANKER_HELP}.")] = ORDER,
) -> None:
    """Estimate what one ranker would have earned on the logged answers beside another.

    Answers that a ranker was trained on are left out; it counts what it would show within floors and
    cap, but for exploration. Where a part of what was shown was judged, that part speaks for the rest,
    by place: who judges must not choose by how good an entry is."""
    from understudy.daemon.item_events import find_answered
    from understudy.learn.tier1.whatif import find_fair, what_if
    from understudy.store import open_store

    session = open_session(ctx.obj)
    name = _one_function(session, function)
    folders = [_ranker_folder(session, name, one) for one in (checkpoint, against)]
    (first, at_first), (second, at_second) = (_load_named(session, name, one) for one in folders)
    if first is None and second is None:
        raise InputError(f"both are {ORDER!r}; name a checkpoint's folder in one of them")
    listing = session.function(name).listing
    with open_store(session.config.data_dir, read_only=True) as store:
        since = time.time() - days * 86_400
        found = find_answered(store, session.config, name, listing, since) if listing else ([], [])
    answers, left_out = found
    if left_out:
        console.print(Text(f"{len(left_out)} answers are left out:", "yellow"), left_out[0])
    if not answers:
        raise NotFoundError(
            f"no answer of {name} within {days:g} days was both ranked and judged; send feedback on "
            "its entries (name `items`), or look back further with --days"
        )
    learned_until = max(at_first, at_second)
    fair = find_fair(answers, learned_until, session.config.ranker.validation_share)
    known = [*fair.since, *fair.held_out]
    if not known:
        raise NotFoundError(
            f"the ranker learned from all {fair.left_out} judged answers; wait for newer ones, or name "
            "an earlier checkpoint's folder with --checkpoint"
        )
    estimated = what_if(first, second, known, session.config.tier1, top, CONFIDENCE)
    titles = [MODELS_ORDER if one is None else one.name for one in folders]
    console.print(whatif_table(estimated, *titles))
    console.print(fair_text(fair, learned_until))
    console.print(f"position bias: {place(estimated.place)}")


@tier1_app.command()
def explain(
    ctx: typer.Context,
    inference: Annotated[str, typer.Argument(help="The x-understudy-inference of an answer.")],
    entry: Annotated[str | None, typer.Option(help="Only this entry, by its key.")] = None,
) -> None:
    """Say which inputs moved each entry of an answer, by the last checkpoint."""
    from understudy.learn.tier1.explain import explain as explain_item
    from understudy.learn.tier1.rankers import items_of
    from understudy.store import open_store
    from understudy.wire.answers import read_answer

    session = open_session(ctx.obj)
    with open_store(session.config.data_dir, read_only=True) as store:
        found = store.find_inference(inference)
    if found is None:
        raise NotFoundError(
            f"no inference {inference!r} in the store; it may still be in the spool"
        )
    function = session.function(found.function)
    listing, answer = function.listing, read_answer(found.completion.answer, function.schema)
    listed = listing.items(answer) if listing is not None and answer is not None else []
    if listing is None or not listed:
        raise InputError(f"the answer of {inference} lists nothing that could be put in order")
    keys = [one.key for one in listed]
    if entry is not None and entry not in keys:
        raise NotFoundError(f"{entry!r} is not in this answer; it lists {', '.join(keys)}")
    items, relevance = items_of(listed)
    folder = _folder(session, found.function)
    ranker, query = _load(session, found.function, folder), listing.query(found.prompt)
    console.print(query, style="bold")
    if found.ranking is not None and found.ranking.version != ranker.version.number:
        console.print(
            f"it was ordered by version {found.ranking.version}; this is version "
            f"{ranker.version.number}, of the last checkpoint"
        )
    for key in dict.fromkeys(keys if entry is None else [entry]):
        console.print(explained(key, explain_item(ranker, query, items, key, relevance)))


@tier1_app.command()
def prepare(ctx: typer.Context) -> None:
    """Write what embeddings need, once: the first server then starts with it."""
    from understudy.learn.tier1.embedders import build_embedder

    config = open_session(ctx.obj).config
    embedder = build_embedder(config.embedding, config.data_dir)
    console.print(f"{embedder.name} is ready: {embedder.dimension} dimensions")


@tier1_app.command()
def reset(
    ctx: typer.Context,
    function: FunctionOption = None,
    relearn: Annotated[
        bool, typer.Option("--relearn", help="Learn again from all feedback in the store.")
    ] = False,
) -> None:
    """Start a ranker anew, and learn from later feedback alone; what it had learned is moved aside."""
    from understudy.cli.remote import find_server
    from understudy.learn.tier1.checkpoint_files import save_start
    from understudy.store import open_store

    session = open_session(ctx.obj)
    running = find_server(session.config.data_dir)
    if running is not None:
        raise ServerError(
            f"the server at {running.url} holds the ranker; stop it, reset, start it again"
        )
    name = _one_function(session, function)
    folder = _folder(session, name)
    if not folder.exists():
        raise NotFoundError(f"{folder} is not there: the ranker of {name} has learned nothing yet")
    with open_store(session.config.data_dir, read_only=True) as store:
        cursor = 0 if relearn else store.end_of_feedback()
    aside = _unused(folder.with_name(f"{name}.{time.strftime('%Y%m%d-%H%M%S')}"))
    folder.rename(aside)
    save_start(folder, cursor)
    left = "will be learned again" if relearn else "is left out (--relearn learns from it again)"
    console.print(
        f"the ranker of {name} starts anew; what it had learned is in {aside}, and the feedback "
        f"that came so far {left}"
    )


def _unused(folder: Path) -> Path:
    """Two resets within a second."""
    numbers = itertools.count(2)
    found = folder
    while found.exists():
        found = folder.with_name(f"{folder.name}-{next(numbers)}")
    return found


def read_tier1(session: Session) -> dict[str, Any]:
    """What the server says of tier 1, or what its checkpoints say."""
    from understudy.cli.remote import ask_server, find_server
    from understudy.daemon.tier1 import PART
    from understudy.learn.tier1.checkpoint_files import read_summary

    running = find_server(session.config.data_dir)
    if running is not None:
        trainer = ask_server(running, "/api/status")["trainer"]
        found = trainer.get("tier1") or {
            "off": "the server runs without a trainer",
            "functions": {},
        }
        return {**found, "error": trainer.get("errors", {}).get(PART, {}).get("error", "")}
    names = [name for name in _listing_functions(session) if _folder(session, name).exists()]
    summaries = {name: read_summary(_folder(session, name)) for name in names}
    off = "" if session.config.tier1.enabled else "tier1.enabled = false"
    functions = {name: found for name, found in summaries.items() if found}
    return {"off": off, "functions": functions, "error": ""}


def _ranker_folder(session: Session, function: str, named: str | None) -> Path | None:
    """None is the models' own order."""
    if named == ORDER:
        return None
    return _folder(session, function) if named is None else Path(named)


def _load_named(
    session: Session, function: str, folder: Path | None
) -> tuple["Ranker | None", float]:
    """And until when it learned."""
    from understudy.learn.tier1.checkpoint_files import written_at

    if folder is None:
        return None, 0.0
    return _load(session, function, folder), written_at(folder)


def _load(session: Session, function: str, folder: Path) -> "Ranker":
    from understudy.learn.tier1.checkpoint import load_ranker
    from understudy.learn.tier1.checkpoint_files import find_files
    from understudy.learn.tier1.embedder import CachedEmbedder
    from understudy.learn.tier1.embedders import build_embedder

    config = session.config
    if not find_files(folder):
        raise NotFoundError(
            f"{folder} holds no checkpoint of {function} yet; a server writes one when what it "
            "learned is first served, and when it stops"
        )
    embedder = build_embedder(config.embedding, config.data_dir)
    cached = CachedEmbedder(embedder, config.embedding.cache_texts)
    return load_ranker(folder, config.ranker, cached)


def _folder(session: Session, function: str) -> Path:
    from understudy.learn.tier1.rankers import FOLDER

    return session.config.data_dir / FOLDER / function


def _listing_functions(session: Session) -> list[str]:
    functions = session.application.functions
    return [name for name, function in functions.items() if function.listing is not None]


def _one_function(session: Session, given: str | None) -> str:
    listing = _listing_functions(session)
    if given is None and len(listing) == 1:
        return listing[0]
    if given is not None:
        session.function(given)
    if given not in listing:
        known = ", ".join(listing) or "none"
        raise NotFoundError(f"name a function that lists with --function: {known}")
    return str(given)
