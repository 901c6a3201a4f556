"""A wait ends with what it waited for, and says what it saw last where that never came."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiwfe.cluster import waiting
from aiwfe.cluster.waiting import ClusterError, until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_LOOK_EVERY", 0.01)


def answers(*said: str) -> Callable[[], str]:
    """Says these one after the other."""
    left = iter(said)
    return lambda: next(left)


def test_a_wait_ends_when_nothing_is_missing_and_says_how_long_it_took() -> None:
    assert until("it", answers("one", "two", ""), limit=5) >= 0.02


def test_what_is_there_already_is_not_waited_for() -> None:
    assert until("it", answers(""), limit=0) < 0.01


def test_a_wait_in_vain_names_what_it_was_for_and_what_was_seen_last() -> None:
    seen = [f"{number} of 9" for number in range(100)]
    with pytest.raises(ClusterError, match=r"^waited 0 s for the nodes; last seen: [1-9]\d* of 9$") as ended:
        until("the nodes", answers(*seen), limit=0.1)
    assert ended.value.exit_code == 1


def test_a_wait_that_has_no_point_any_more_ends_at_once() -> None:
    def alive() -> None:
        raise ClusterError("etcd has ended")

    with pytest.raises(ClusterError, match=r"^etcd has ended$"):
        until("it", answers("not yet"), limit=60, alive=alive)


def test_whether_waiting_has_a_point_is_asked_after_each_look() -> None:
    asked: list[None] = []
    until("it", answers("one", "two", ""), limit=5, alive=lambda: asked.append(None))
    assert len(asked) == 2
