"""The HTTP formats that the gateway speaks with callers and upstreams."""

from understudy.wire import anthropic, openai
from understudy.wire.messages import Dialect

DIALECTS: tuple[Dialect, ...] = (anthropic, openai)
