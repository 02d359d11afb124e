"""Where the commands print. What others wrote is shown letter by letter: it is no markup and no emoji,
and it sends no commands to the terminal. A command styles by `Text` or `style=`.
"""

import re
from typing import Any

from rich.console import Console
from rich.text import Text

# Control characters but tab and line end, those that turn the direction of what follows, and lone
# surrogates, which no stream can write.
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """Without what a terminal would obey; its place stays visible."""
    return _UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", text)


class Terminal(Console):
    """rich's console, on which every plain string is data: in a sentence, a table, a title."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(clean(text), **options)
