"""Watches one client of the official `anthropic` or `openai` package from inside the application.

Imports neither package and changes no answer and no error. The bytes that went over the wire are
handed to the outlet as they are; whatever goes wrong on the way is logged and the call goes on.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from pathlib import Path
from typing import Any

from understudy.capture.call import Call, Managed, later
from understudy.capture.observation import Labels, Package
from understudy.capture.outlet import EXIT_S, UNNAMED, Harmless, Outlet, find_outlet, tell_left_out
from understudy.errors import InputError

FUNCTION_HEADER = "x-understudy-function"
EPISODE_HEADER = "x-understudy-episode"
USER_HEADER = "x-understudy-user"
_OWN = "x-understudy-"
# With it the clients answer with the HTTP response, whose `parse()` is what they return without it.
_RAW_HEADER = "x-stainless-raw-response"
_CACHED = ("with_raw_response", "with_streaming_response")
_COPYING = ("copy", "with_options")


@dataclass(frozen=True, slots=True)
class Surface:
    """Where a package's clients ask for an answer. A `managed` method gives a context manager."""

    resources: tuple[str, ...]
    methods: tuple[str, ...]
    managed: tuple[str, ...] = ()


SURFACES = {
    Package.ANTHROPIC: Surface(("messages", "beta.messages"), ("create", "parse"), ("stream",)),
    # Its `stream` goes through its `create`.
    Package.OPENAI: Surface(("chat.completions", "beta.chat.completions"), ("create", "parse")),
}


def instrument(
    client: Any,
    *,
    function: str = UNNAMED,
    episode: str = "",
    user: str = "",
    config: Path | str | None = None,
    data_dir: Path | str | None = None,
) -> "Hook":
    """Capture what this client, and each copy made of it, asks from now on; function, episode and
    user may also be named per call, in the headers that the gateway reads.

    Raises InputError for a client it does not know, ConfigError or StoreError where it cannot keep
    what it would capture.
    """
    package = _package(client)
    outlet = find_outlet(config, data_dir)
    hook = Hook(outlet, package, Labels(*map(_text, (function, episode, user))))
    hook.attach(client)
    return hook


class Hook:
    """What `instrument` hands back."""

    def __init__(self, outlet: Outlet, package: Package, labels: Labels) -> None:
        self._outlet = outlet
        self._package = package
        self._labels = labels
        self._last: ContextVar[str] = ContextVar("last_inference", default="")

    @property
    def last_inference(self) -> str:
        """The id of the latest call of this thread or asyncio task; empty before the first."""
        return self._last.get()

    @property
    def dropped(self) -> int:
        return self._outlet.dropped

    def flush(self, timeout_s: float = EXIT_S) -> bool:
        """Let the server see everything up to now; whether all of it is on disk."""
        return self._outlet.flush(timeout_s)

    def attach(self, client: Any) -> None:
        surface = SURFACES[self._package]
        for resource in _resources(client, surface):
            _replace(resource, surface.methods, self.wrap)
            _replace(resource, surface.managed, self._wrap_managed)
            for name in _CACHED:
                # Made anew from the wrapped methods when it is next asked for.
                vars(resource).pop(name, None)
        _replace(client, _COPYING, self._wrap_copying)

    def wrap(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def create(*args: Any, **kwargs: Any) -> Any:
            try:
                call, kwargs = self._begin(kwargs)
            except Exception as error:  # noqa: BLE001 capture fails open
                tell_left_out(error)
                return original(*args, **kwargs)
            if not call.raw and kwargs.get("stream") is not True:
                kwargs["extra_headers"][_RAW_HEADER] = "true"
                call.parses = True
            try:
                answer = original(*args, **kwargs)
            except BaseException as error:
                call.fail(error)
                raise
            # inspect.isawaitable costs a tenth of all that is done here.
            return later(call, answer) if hasattr(answer, "__await__") else call.answered(answer)

        create.understudy_hook = self  # type: ignore[attr-defined]  # seen by a second instrument
        return create

    def _wrap_managed(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def stream(*args: Any, **kwargs: Any) -> Any:
            call = None
            with Harmless():
                call, kwargs = self._begin(kwargs)
            manager = original(*args, **kwargs)
            return manager if call is None else Managed(manager, call)

        return stream

    def _wrap_copying(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def copy(*args: Any, **kwargs: Any) -> Any:
            made = original(*args, **kwargs)
            with Harmless():
                self.attach(made)
            return made

        return copy

    def _begin(self, kwargs: dict[str, Any]) -> tuple[Call, dict[str, Any]]:
        """The call, and what to ask the client for: the same without the headers meant for us."""
        given: Mapping[str, Any] = kwargs.get("extra_headers") or {}
        if not given:
            call = Call(self._outlet, self._package, self._labels, self._last, raw=False)
            return call, {**kwargs, "extra_headers": {}}
        sent = {name: value for name, value in given.items() if not name.lower().startswith(_OWN)}
        labels = self._labels
        if len(sent) < len(given):
            own = {name.lower(): str(value) for name, value in given.items()}
            labels = Labels(
                own.get(FUNCTION_HEADER, labels.function),
                own.get(EPISODE_HEADER, labels.episode),
                own.get(USER_HEADER, labels.user),
            )
        raw = any(name.lower() == _RAW_HEADER for name in sent)
        call = Call(self._outlet, self._package, labels, self._last, raw)
        return call, {**kwargs, "extra_headers": sent}


def _text(label: Any) -> str:
    """Of whatever an application names a session or a user by: a UUID, a number, nothing."""
    found = label.value if isinstance(label, Enum) else label
    return "" if found is None else str(found)


def _package(client: Any) -> Package:
    roots = {kind.__module__.partition(".")[0] for kind in type(client).__mro__}
    for package, surface in SURFACES.items():
        if package.value not in roots:
            continue
        found = list(_resources(client, surface))
        if any(hasattr(resource.create, "understudy_hook") for resource in found):
            raise InputError(
                "this client is instrumented already; use the hook that the first call gave"
            )
        if found:
            return package
    raise InputError(
        f"{type(client).__name__} cannot be instrumented; give a client of the official anthropic"
        " or openai package (sync or async), or call understudy.capture.record after each answer"
    )


def _replace(owner: Any, names: Iterable[str], wrap: Callable[[Any], Any]) -> None:
    """The methods of these names that this version of the package has."""
    for name in names:
        if hasattr(owner, name):
            setattr(owner, name, wrap(getattr(owner, name)))


def _resources(client: Any, surface: Surface) -> Iterator[Any]:
    """Those that this version of the package has; they are made once per client."""
    for path in surface.resources:
        try:
            resource = attrgetter(path)(client)
        except AttributeError:
            continue
        if hasattr(resource, "create"):
            yield resource
