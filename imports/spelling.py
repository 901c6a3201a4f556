"""The nearest spelling, for messages about a word that is not known."""

from __future__ import annotations

from collections.abc import Iterable

FEW = 12  # that many known words are listed where none of them is close


def nearest(word: object, known: Iterable[object]) -> str:
    """` (did you mean 'port'?)` for the closest of `known`; else what is known, where that is short; else nothing."""
    from rapidfuzz import fuzz, process  # only a mistake pays for the import

    names = sorted({str(name) for name in known})
    if best := process.extractOne(str(word), names, scorer=fuzz.ratio, processor=str.lower, score_cutoff=60):
        return f" (did you mean {best[0]!r}?)"
    return f" (known: {', '.join(names)})" if 0 < len(names) <= FEW else ""
