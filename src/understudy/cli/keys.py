"""`understudy keys`: make, list and revoke API keys, beside a running server or without one."""

import time
from typing import Annotated

import typer
from rich.table import Table

from understudy.cli.compose import open_session
from understudy.cli.terminal import Terminal
from understudy.keys import APPLICATION_SCOPES, ApiKey, Scope

console = Terminal()
keys_app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
ScopeOption = Annotated[
    list[Scope] | None,
    typer.Option(
        "--scope",
        help="What it may be used for; give it several times. Default: "
        "infer and feedback, what an application needs.",
    ),
]


@keys_app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose key it is, for the list.")],
    scope: ScopeOption = None,
) -> None:
    """Make a key and print it, this once; the store keeps its HMAC only."""
    from understudy.cli.remote import ask_server, find_server
    from understudy.keys import load_secret, make_key
    from understudy.store import open_store

    scopes = frozenset(scope) if scope else APPLICATION_SCOPES
    data_dir = open_session(ctx.obj).config.data_dir
    running = find_server(data_dir)
    if running is not None:
        body = {"name": name, "scopes": sorted(one.value for one in scopes)}
        print(ask_server(running, "/api/keys", body)["key"])
        return
    with open_store(data_dir) as store:
        text, key = make_key(load_secret(data_dir), name, scopes, time.time())
        store.insert_key(key)
    print(text)


@keys_app.command("list")
def list_(ctx: typer.Context) -> None:
    """Show every key: id, name, scopes, when it was made, whether it still opens anything."""
    from understudy.store import open_store

    with open_store(open_session(ctx.obj).config.data_dir, read_only=True) as store:
        console.print(_table(store.find_keys()))


@keys_app.command()
def revoke(
    ctx: typer.Context, key: Annotated[str, typer.Argument(help="The id that `list` shows.")]
) -> None:
    """Close a key for good, at once."""
    from understudy.cli.remote import ask_server, find_server
    from understudy.serve.access import revoke_key
    from understudy.store import open_store

    data_dir = open_session(ctx.obj).config.data_dir
    running = find_server(data_dir)
    if running is not None:
        name = str(ask_server(running, "/api/keys/revoke", {"id": key})["name"])
    else:
        with open_store(data_dir) as store:
            name = revoke_key(store, key, time.time()).name
    console.print(f"{key} ({name}) opens nothing any more")


def _table(keys: list[ApiKey]) -> Table:
    table = Table("id", "name", "scopes", "made", "state")
    for key in keys:
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(key.created_at))
        scopes = ", ".join(sorted(scope.value for scope in key.scopes))
        table.add_row(key.id, key.name, scopes, made, "revoked" if key.revoked_at else "open")
    return table
