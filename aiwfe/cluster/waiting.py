"""Waits on conditions: each has a limit, and one that ends says what it waited for and what it saw last."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiwfe.errors import BadInputError

_LOOK_EVERY = 0.1  # seconds


class ClusterError(BadInputError):
    """The box does not do what it was asked to. Exit code 1."""

    exit_code = 1


def until(what: str, missing: Callable[[], str], *, limit: float, alive: Callable[[], None] = lambda: None) -> float:
    """Waits until `missing` answers with nothing, at the most `limit` seconds; returns how many it took.

    `missing` says what is still missing, in words that help where the wait ends in vain. `alive` raises where waiting
    has no point any more. Raises ClusterError after the limit.
    """
    started = time.monotonic()
    while seen := missing():
        alive()
        waited = time.monotonic() - started
        if waited > limit:
            raise ClusterError(f"waited {waited:.0f} s for {what}; last seen: {seen}")
        time.sleep(_LOOK_EVERY)
    return time.monotonic() - started
