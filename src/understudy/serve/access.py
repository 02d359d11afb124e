"""Who may ask for what. Default deny: a route is reachable only through the scope that it was given.

Vendor keys in the same headers are none of ours: they are not looked up and not kept.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from understudy.config import Server
from understudy.errors import NotFoundError
from understudy.keys import KEY_HEADER, ApiKey, Scope, digest, find_key
from understudy.serve.http import Endpoint, header, json_response
from understudy.store import Store
from understudy.wire import anthropic, openai

NOBODY = ApiKey("", "", frozenset(Scope), "", 0.0)
"""Who asks where no key is required."""

_VENDOR_PATHS = {
    openai.PATH: openai.render_error,
    anthropic.PATH: anthropic.render_error,
    "/v1/models": anthropic.render_error,
}
# Where a request carries it on from here.
_KEY = "understudy.key"
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_KINDS = {401: "authentication_error", 403: "permission_error"}


class KeyRing:
    """The keys that open this server, by digest. A revoked one opens nothing from then on."""

    def __init__(self, secret: bytes, keys: Iterable[ApiKey], server: Server) -> None:
        self.secret = secret
        self.required = server.require_key
        self.names = _LOOPBACK_NAMES | {server.host.lower()}
        self._by_digest = {key.digest: key for key in keys if key.revoked_at is None}

    def add(self, key: ApiKey) -> None:
        self._by_digest[key.digest] = key

    def remove(self, identity: str) -> None:
        self._by_digest = {d: key for d, key in self._by_digest.items() if key.id != identity}

    def find(self, text: str) -> ApiKey | None:
        """By HMAC: how long the look-up takes tells nothing about a key."""
        return self._by_digest.get(digest(self.secret, text))


def needing(
    scope: Scope, keys: KeyRing, routes: Iterable[Route], count: Callable[[str, int], None]
) -> list[Route]:
    """The same routes, answered only for a key with this scope; `count` is told each one's path and
    status."""
    return [
        Route(
            route.path,
            _Locked(scope, keys, route.endpoint, partial(count, route.path)),
            methods=list(route.methods or ()),
        )
        for route in routes
    ]


def key_of(request: Request) -> ApiKey:
    """Whose request it is, once it came through `needing`."""
    found: ApiKey = request.scope[_KEY]
    return found


def own_key(request: Request) -> str:
    """The Understudy key in a request: its own header, or where a vendor's client puts one."""
    given = header(request, KEY_HEADER).strip()
    if given:
        return given
    own = find_key(header(request, "x-api-key"))
    return own or find_key(header(request, "authorization"))


def revoke_key(store: Store, identity: str, at: float) -> ApiKey:
    """Raises NotFoundError for an id that no open key has."""
    found = next((key for key in store.find_keys() if key.id == identity), None)
    if found is None or found.revoked_at is not None:
        raise NotFoundError(f"no open key {identity!r}; `understudy keys list` shows them")
    revoked = replace(found, revoked_at=at)
    store.update_key(revoked)
    return revoked


class _Locked:
    """An endpoint behind its scope, as an ASGI application: around a function Starlette would look
    once more for the errors that the whole application looks for."""

    def __init__(
        self, scope: Scope, keys: KeyRing, endpoint: Endpoint, count: Callable[[int], None]
    ) -> None:
        self._scope = scope
        self._keys = keys
        self._endpoint = endpoint
        self._count = count

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        response = self._refusal(request) or await self._endpoint(request)
        self._count(response.status_code)
        await response(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        text = own_key(request)
        key = self._keys.find(text) if text else None
        if key is None and (self._keys.required or text):
            return _refuse(request, 401, _who_are_you(text))
        if key is None and (name := _foreign(request, self._keys.names)):
            # A page elsewhere whose name was made to point here (DNS rebinding).
            return _refuse(request, 403, f"host {name!r} is not this server; use its own address")
        key = key or NOBODY
        if self._scope not in key.scopes:
            has = ", ".join(sorted(one.value for one in key.scopes))
            sentence = f"key {key.id} ({key.name}) has {has}, and this needs {self._scope.value}"
            return _refuse(request, 403, f"{sentence}; use another key, or make one with it")
        request.scope[_KEY] = key
        return None


def _foreign(request: Request, names: frozenset[str]) -> str:
    """The Host that a request was sent to, unless it is this server's own."""
    name = header(request, "host").lower()
    bare = name.rpartition(":")[0] if name.rpartition(":")[2].isdigit() else name
    return "" if bare in names else (name or "(none)")


def _who_are_you(text: str) -> str:
    fault = "is unknown or revoked" if text else "is missing"
    return (
        f"the API key {fault}; send one as {KEY_HEADER} (or as the client's own api_key), "
        "and make one with `understudy keys create NAME`"
    )


def _refuse(request: Request, status: int, sentence: str) -> Response:
    path = request.url.path
    for start, render in _VENDOR_PATHS.items():
        if path == start or path.startswith(f"{start}/"):
            body = render(sentence, _KINDS[status])
            return Response(body, status, media_type="application/json")
    return json_response({"error": sentence}, status)
