"""The two ways in which a command ends before it has an answer, each with its exit code."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein


class BadInputError(Exception):
    """Input that cannot be read: one line for each mistake, with file, line and what to do. Exit code 2."""

    exit_code = 2

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


class ToolMissingError(BadInputError):
    """A tool that is not there and could not be built. Exit code 3."""

    exit_code = 3


def nearest(word: str, choices: Iterable[str]) -> str:
    """`", did you mean 'x'?"` for the choice that `word` is likely a misspelling of, else an empty text."""
    found = process.extractOne(
        word, list(choices), scorer=DamerauLevenshtein.distance, score_cutoff=max(2, len(word) // 3)
    )
    return f", did you mean '{found[0]}'?" if found else ""
