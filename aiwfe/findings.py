"""What a proof says: rules, and findings where a rule does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aiwfe.objects import Object

if TYPE_CHECKING:
    from aiwfe.dist import Platform

Severity = Literal["error", "warning", "note"]
"""An error fails the check; a warning should be looked at; a note explains what holds and is worth knowing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule does not hold."""

    rule: str
    severity: Severity
    object: str
    """`env/Kind/namespace/name`, or the file where the finding is about a file as such."""
    file: str
    """Relative to the repository's root."""
    line: int
    why: str
    fix: str
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement that a proof holds dist/ to. Calling a rule makes a finding about an object."""

    id: str
    """`proof/rule`, as in `references/configmap-key`."""
    statement: str
    severity: Severity = "error"

    def __call__(self, about: Object, why: str, fix: str) -> Finding:
        """A finding of this rule about an object."""
        return Finding(self.id, self.severity, about.id, about.file, about.line, why, fix)

    def in_file(self, file: str, why: str, fix: str, line: int = 1) -> Finding:
        """A finding about a file as such."""
        return Finding(self.id, self.severity, file, file, line, why, fix)


@dataclass(frozen=True, slots=True)
class Proof:
    """A set of rules and the pure function that finds where they do not hold."""

    name: str
    statement: str
    rules: tuple[Rule, ...]
    find: Callable[[Platform], Iterable[Finding]]
