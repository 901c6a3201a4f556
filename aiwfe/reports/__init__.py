"""How a report is printed: for people, for programs, for code scanning, and as annotations of a pull request."""

from __future__ import annotations

import unicodedata

# Control and format characters (terminal escapes, direction overrides) and surrogates, that no terminal should see.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str, *, keep: str = "") -> str:
    """The text with every character that could act on a terminal or hide something written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _HIDDEN and char not in keep else char
        for char in text
    )
