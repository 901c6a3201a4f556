"""Interleaved rounds and what they say: paired ratios, whose noise is that of one moment and not of the whole run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Ratio:
    """The median of the ratios of each round, and the lowest and highest of them."""

    median: float
    low: float
    high: float


def interleaved(
    gauges: Mapping[str, Callable[[], float]],
    rounds: int,
    warm_up: bool = True,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, list[float]]:
    """What each gauge says in each round: A B C, A B C, ... after a warm-up round that does not count."""
    readings: dict[str, list[float]] = {name: [] for name in gauges}
    for number in range(-warm_up, rounds):
        for name, gauge in gauges.items():
            reading = gauge()
            if number >= 0:
                readings[name].append(reading)
            progress()
    return readings


def ratio(of: Sequence[float], to: Sequence[float]) -> Ratio:
    """How the times `of` relate to the times `to`, round by round."""
    each = [a / b for a, b in zip(of, to, strict=True)]
    return Ratio(median(each), min(each), max(each))
