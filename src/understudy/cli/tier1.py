"""`understudy tier1`: what the ranker learned, what it would have earned, why it moved an entry.

Reads the last checkpoint and the store beside a running server; only `reset` changes anything.
"""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from understudy.cli.compose import Session, open_session
from understudy.errors import InputError, NotFoundError, ServerError

if TYPE_CHECKING:
    from understudy.learn.tier1.explain import Explanation
    from understudy.learn.tier1.position import PlaceEffect
    from understudy.learn.tier1.ranker import Ranker
    from understudy.learn.tier1.whatif import WhatIf

CONFIDENCE = 0.95
SHOWN_INPUTS = 8
console = Console()
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
        console.print(f"[red]the last fit failed:[/] {escape(found['error'])}")
    if found["off"]:
        console.print(f"[yellow]tier 1 is off:[/] {escape(found['off'])}")
    table = Table("function", "what", "value", title="tier 1")
    for name, row in found["functions"].items():
        entries = row.pop("entries", [])
        for what, value in row.items():
            table.add_row(name, what, escape(_text(value)))
        if entries:
            console.print(_entries_table(name, entries))
    console.print(table if found["functions"] else "no ranker has learned anything yet")


@tier1_app.command()
def whatif(
    ctx: typer.Context,
    function: FunctionOption = None,
    top: Annotated[
        int, typer.Option(min=1, help="How many entries of an answer count as shown by a ranker.")
    ] = 1,
    days: Annotated[float, typer.Option(min=0.0, help="Look back so far.")] = 30.0,
) -> None:
    """Estimate what the ranker would have earned on the logged answers, beside the models' order."""
    from understudy.daemon.item_events import find_answered
    from understudy.learn.tier1.whatif import what_if
    from understudy.store import open_store

    session = open_session(ctx.obj)
    name = _one_function(session, function)
    listing = session.function(name).listing
    with open_store(session.config.data_dir, read_only=True) as store:
        since = time.time() - days * 86_400
        found = find_answered(store, session.config, name, listing, since) if listing else ([], [])
    answers, left_out = found
    if left_out:
        console.print(f"[yellow]{len(left_out)} answers are left out:[/] {escape(left_out[0])}")
    if not answers:
        raise NotFoundError(
            f"no answer of {name} within {days:g} days was both ranked and judged; send feedback on "
            "its entries (name `items`), or look back further with --days"
        )
    estimated = what_if(_load(session, name), answers, top, CONFIDENCE)
    console.print(_whatif_table(estimated))
    console.print(f"position bias: {_place(estimated.place)}")


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
    from understudy.wire.answers import parse_answer

    session = open_session(ctx.obj)
    with open_store(session.config.data_dir, read_only=True) as store:
        found = store.find_inference(inference)
    if found is None:
        raise NotFoundError(
            f"no inference {inference!r} in the store; it may still be in the spool"
        )
    listing = session.function(found.function).listing
    answer = parse_answer(found.completion.answer)
    listed = listing.items(answer) if listing is not None and answer is not None else []
    if listing is None or not listed:
        raise InputError(f"the answer of {inference} lists nothing that could be put in order")
    keys = [one.key for one in listed]
    if entry is not None and entry not in keys:
        raise NotFoundError(f"{entry!r} is not in this answer; it lists {', '.join(keys)}")
    items, relevance = items_of(listed)
    ranker, query = _load(session, found.function), listing.query(found.prompt)
    console.print(f"[bold]{escape(query)}[/]")
    for key in dict.fromkeys(keys if entry is None else [entry]):
        console.print(_explained(key, explain_item(ranker, query, items, key, relevance)))


@tier1_app.command()
def prepare(ctx: typer.Context) -> None:
    """Write what embeddings need, once: the first server then starts with it."""
    from understudy.learn.tier1.embedders import build_embedder

    config = open_session(ctx.obj).config
    embedder = build_embedder(config.embedding, config.data_dir)
    console.print(f"{embedder.name} is ready: {embedder.dimension} dimensions")


@tier1_app.command()
def reset(ctx: typer.Context, function: FunctionOption = None) -> None:
    """Start a ranker anew; what it had learned is moved aside, not deleted."""
    from understudy.cli.remote import find_server

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
    aside = folder.with_name(f"{name}.{time.strftime('%Y%m%d-%H%M%S')}")
    folder.rename(aside)
    console.print(f"the ranker of {name} starts anew; what it had learned is in {aside}")


def read_tier1(session: Session) -> dict[str, Any]:
    """What the server says of tier 1, or what its checkpoints say."""
    from understudy.cli.remote import ask_server, find_server
    from understudy.daemon.tier1 import PART
    from understudy.learn.tier1.checkpoint import read_summary

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


def _load(session: Session, function: str) -> "Ranker":
    from understudy.learn.tier1.checkpoint import load_ranker
    from understudy.learn.tier1.embedder import CachedEmbedder
    from understudy.learn.tier1.embedders import build_embedder

    config = session.config
    embedder = build_embedder(config.embedding, config.data_dir)
    cached = CachedEmbedder(embedder, config.embedding.cache_texts)
    ranker = load_ranker(_folder(session, function), config.ranker, cached)
    if not ranker.fits:
        raise NotFoundError(
            f"the ranker of {function} has no checkpoint yet; a server writes one every "
            f"{config.ranker.checkpoint_updates} fits and when it stops"
        )
    return ranker


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


def _entries_table(function: str, entries: list[dict[str, Any]]) -> Table:
    table = Table("entry", "liked", "disliked", "recent reward", title=f"entries of {function}")
    for row in sorted(entries, key=lambda one: -float(one["recent"])):
        recent = f"{row['recent']:+.2f}"
        table.add_row(escape(row["key"]), str(row["liked"]), str(row["disliked"]), recent)
    return table


def _whatif_table(found: "WhatIf") -> Table:
    table = Table(
        "estimate",
        "this ranker",
        "the models' own order",
        title=f"mean reward within the first {found.top}, {found.answers} answers",
    )
    for name, estimate in found.ranker.items():
        table.add_row(name, _interval(estimate), _interval(found.models[name]))
    table.add_row("gain (doubly robust, paired)", _interval(found.gain), "")
    table.add_row("wanted without a chance", f"{found.gain.unsupported:.0%}", "")
    return table


def _place(effect: "PlaceEffect | None") -> str:
    """The estimates take it that the place of an entry does not change its reward."""
    if effect is None:
        return "cannot be told: too few answers were judged, or entries keep their places"
    told = f"{_interval(effect)} with each place down ({effect.judged} judged entries)"
    if not effect.seen:
        return f"none seen, {told}"
    return f"{told}: a bias, or an order that knows more of a question than the model's relevance"


def _interval(estimate: Any) -> str:
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def _explained(key: str, found: "Explanation") -> Table:
    blend = f"{found.choice.share:.0%} network, else {found.choice.prior.value}"
    title = f"{key}: {found.adjustment:+.3f} ({blend}; judged {found.judgements} times)"
    table = Table("input", "value", "effect on the network", title=escape(title))
    for name, value in (("cosine", found.cosine), ("memory", found.memory)):
        table.add_row(f"prior: {name}", f"{value:+.3f}", "")
    for name, value, effect in found.moved[:SHOWN_INPUTS]:
        table.add_row(name, "" if value != value else f"{value:+.3f}", f"{effect:+.4f}")
    return table


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
