"""Kubernetes quantities as exact numbers: `250m` is 1/4, `1.5Gi` is 1610612736.

The grammar and the canonical form are those of k8s.io/apimachinery/pkg/api/resource: the API server answers with the
canonical form whatever was applied, so only that form never shows up as a difference.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil
from typing import Literal

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?:[eE](?P<exponent>[+-]?\d+)|(?P<suffix>[KMGTPE]i|[numkMGTPE])?)", re.ASCII
)
_MAX_EXPONENT = 30
_MAX_BINARY = 2**63 - 1
_Form = Literal["binary", "decimal", "exponent"]


def parse(value: object) -> Fraction:
    """The exact number that a quantity stands for.

    Raises ValueError for anything outside of Kubernetes' grammar. As in the API server, anything finer than a nano-unit
    is rounded up (away from zero), and a binary quantity ends at 2^63 - 1.
    """
    return _read(value)[0]


def canonical(value: object) -> str:
    """The text with which the API server answers for a quantity: `1000m` -> `1`, `1024Mi` -> `1Gi`, `0.5` -> `500m`.

    Raises ValueError as `parse` does.
    """
    number, form = _read(value)
    # Binary suffixes only where nothing is lost: 0.1Gi is 107374182400m.
    if form == "binary" and abs(number) >= 1024 and number.denominator == 1:
        return _binary(number)
    return _decimal(number, exponent=form == "exponent")


def show(number: Fraction, resource: str) -> str:
    """A sum of requests as people read it: memory and storage in binary units, everything else in decimal ones."""
    if ("memory" in resource or "storage" in resource) and abs(number) >= 1024:
        return _binary(number)
    return _decimal(number)


def _read(value: object) -> tuple[Fraction, _Form]:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"{value!r} is no quantity")
    written = str(value)
    match = _QUANTITY.fullmatch(written)
    # Nothing that is meant has more digits than this, and 10**exponent must not eat the machine, as it does in Go.
    if not match or len(written) > 64 or abs(int(match["exponent"] or 0)) > _MAX_EXPONENT:
        raise ValueError(f"{written[:80]!r} is no quantity")
    number, suffix = Fraction(match["number"]), match["suffix"] or ""
    if suffix in _BINARY:
        number = number * 1024 ** _BINARY[suffix]
        return _nano(max(min(number, _MAX_BINARY), -_MAX_BINARY)), "binary"
    number *= Fraction(10) ** int(match["exponent"] or _DECIMAL[suffix])
    if abs(number) > 10**_MAX_EXPONENT:
        raise ValueError(f"{written!r} is no quantity")
    return _nano(number), "exponent" if match["exponent"] else "decimal"


def _nano(number: Fraction) -> Fraction:
    rounded = Fraction(ceil(abs(number) * 10**9), 10**9)
    return rounded if number >= 0 else -rounded


def _binary(number: Fraction) -> str:
    whole = ceil(number) if number >= 0 else -ceil(-number)
    power = 0
    while whole % 1024 == 0 and whole and power < 6:
        whole, power = whole // 1024, power + 1
    return f"{whole}{['', *_BINARY][power]}"


def _decimal(number: Fraction, *, exponent: bool = False) -> str:
    power = -9
    nanos = int(number * 10**9)
    if not nanos:
        return "0"
    while nanos % 1000 == 0 and (exponent or power < 18):
        nanos, power = nanos // 1000, power + 3
    if exponent:
        return f"{nanos}e{power}" if power else str(nanos)
    return f"{nanos}{next(suffix for suffix, scale in _DECIMAL.items() if scale == power)}"
