"""Do two programs render the same objects? Compared as data: stock cdk8s orders fields and writes text differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import yaml

Rendered = Mapping[str, Sequence[object]]


class DifferentError(AssertionError):
    """Two renderings of the same objects differ, so that their times must not be compared."""


def rendered(folder: Path) -> Rendered:
    """The documents of each file below `folder`, under the name that all ways of rendering share."""
    found: dict[str, Sequence[object]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        name = "-".join(path.relative_to(folder).parts).removesuffix(".yaml").removesuffix(".k8s")
        found[name] = [body for body in yaml.load_all(path.read_bytes(), yaml.CSafeLoader) if body]
    return found


def require_same(expected: Rendered, other: Rendered, names: tuple[str, str]) -> int:
    """The number of objects, the same in both. Raises DifferentError with the first differences."""
    differences = [said for _, said in zip(range(5), _differences(expected, other, ""), strict=False)]
    count = sum(len(bodies) for bodies in expected.values())
    if not differences and not count:
        differences = ["neither renders anything"]
    if differences:
        raise DifferentError("\n  ".join([f"{names[0]} and {names[1]} render different objects:", *differences]))
    return count


def _differences(one: object, other: object, at: str) -> Iterator[str]:
    match one, other:
        case Mapping(), Mapping():
            left, right = cast("Mapping[str, object]", one), cast("Mapping[str, object]", other)
            for key in {**left, **right}:
                if key not in left or key not in right:
                    yield f"{at}.{key}: only in the {'second' if key in right else 'first'}"
                else:
                    yield from _differences(left[key], right[key], f"{at}.{key}")
        case list(), list():
            former, latter = cast("list[object]", one), cast("list[object]", other)
            if len(former) != len(latter):
                yield f"{at}: {len(former)} items, {len(latter)} items"
            for place, (a, b) in enumerate(zip(former, latter, strict=False)):
                yield from _differences(a, b, f"{at}[{place}]")
        case _ if one != other or type(one) is not type(other):
            yield f"{at}: {one!r}, {other!r}"
        case _:
            pass
