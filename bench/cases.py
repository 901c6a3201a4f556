"""What is measured, and what is asked of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import cast

import yaml

from imports.manifest import ROOT

from .baseline import CACHE, Kind, prepare, prepare_node
from .processes import OUT, Program, node, output, python
from .programs import Component, Object, write_node, write_ours
from .same import Rendered, rendered, require_same
from .synthetic import copies, synthetic
from .typed import NoStockClassError, TypedWriter

PROGRAMS = CACHE / "programs"
PROOFS = ("references", "ownership", "capacity", "parity", "stability")  # all that need no program but Python
SYNTH = Program((sys.executable, str(ROOT / "main.py")), environment={"CDK8S_OUTDIR": OUT})


@dataclass(frozen=True)
class Question:
    """How the time (or, without `to`, the memory in MB) `of` a program relates `to` another, and what is allowed."""

    says: str
    of: str
    to: str = ""
    limit: float | None = None
    stretch: float | None = None


@dataclass(frozen=True)
class Case:
    """Programs that are measured in the same rounds. `rounds` is a fixed number where a round takes long."""

    programs: Mapping[str, Program]
    questions: Sequence[Question]
    rounds: int | None = None
    warm_up: bool = True


@dataclass
class Workshop:
    """Prepares the cases: writes their programs and proves that they render the same objects."""

    say: Callable[[str], None]
    notes: list[str] = field(default_factory=list[str])

    @cached_property
    def typed(self) -> TypedWriter:
        """The writer of stock typed programs, with a class for each custom resource that is compared."""
        kinds = {_kind(body) for component in [*synthetic(), *self.own] for body in component.objects}
        return TypedWriter(prepare(kinds, self.say))

    @cached_property
    def own(self) -> list[Component]:
        """This repository's objects, as main.py renders them, by file."""
        with output(SYNTH) as folder:
            files = sorted(folder.rglob("*.yaml"))
            return [
                Component(str(path.relative_to(folder).with_suffix("")), list(_objects(path.read_bytes())))
                for path in files
            ]

    def ours(self, count: int) -> Program:
        """So many synthetic objects in our constructs."""
        return python(write_ours(synthetic(), PROGRAMS / "synthetic" / "ours"), OUT, str(copies(count)))

    def three_ways(self, count: int) -> dict[str, Program]:
        """So many synthetic objects in our constructs, in stock typed classes and in Node: they render the same."""
        programs = {"ours": self.ours(count), **self._stock(synthetic(), "synthetic", copies(count))}
        found = self._verify(programs)
        assert found == count, f"{found} objects instead of {count}"
        return programs

    def repository(self) -> dict[str, Program]:
        """main.py, and its objects in stock typed classes and in Node, but for kinds without a stock class."""
        left_out: set[str] = set()
        components = [self._known(component, left_out) for component in self.own]
        components = [component for component in components if component.objects]
        if left_out:
            self.notes.append(
                "rendered by main.py alone, as stock cdk8s has no class or no field for them: "
                + ", ".join(sorted(left_out))
            )
        stock = self._stock(components, "repository", 1)
        self._verify(stock, {component.id: component.objects for component in components})
        return {"main.py": SYNTH, **stock}

    def _stock(self, components: Sequence[Component], name: str, each: int) -> dict[str, Program]:
        self.say(f"the {name} programs")
        typed = self.typed.write(components, PROGRAMS / name / "typed")
        untyped = write_node(components, PROGRAMS / name / "node")
        return {
            "stock typed": python(typed, OUT, str(each), path=self.typed.path),
            "Node": node(untyped, OUT, str(each), path=prepare_node()),
        }

    def _known(self, component: Component, left_out: set[str]) -> Component:
        objects: list[Object] = []
        for body in component.objects:
            try:
                self.typed.call(body, 0)
                objects.append(body)
            except NoStockClassError as error:
                left_out.add(f"{body['kind']} ({error})")
        return Component(component.file, objects)

    def _verify(self, programs: Mapping[str, Program], expected: Rendered | None = None) -> int:
        first, count = "dist/", 0
        for name, program in programs.items():
            with output(program) as folder:
                found = rendered(folder)
            if expected is None:
                first, expected = name, found
            count = require_same(expected, found, (first, name))
        return count


def case_synthetic(shop: Workshop) -> Case:
    """300 objects, in the three ways."""
    programs = shop.three_ways(300)
    return Case(
        programs,
        [
            Question("300 objects: ours to stock typed classes", "ours", "stock typed", 0.45),
            Question("300 objects: ours to Node", "ours", "Node", 3.5, stretch=2.7),
        ],
    )


def case_growth(shop: Workshop) -> Case:
    """3,000 objects in our constructs, against 300."""
    programs = {f"ours, {count}": shop.ours(count) for count in (300, 3000)}
    return Case(programs, [Question("3,000 objects to 300: ours", "ours, 3000", "ours, 300", 8)], rounds=5)


def case_large(shop: Workshop) -> Case:
    """3,000 objects, in the three ways; once, as the stock typed classes take long."""
    programs = shop.three_ways(3000)
    return Case(
        programs,
        [
            Question("3,000 objects: ours to stock typed classes", "ours", "stock typed"),
            Question("3,000 objects: ours to Node", "ours", "Node"),
        ],
        rounds=1,
        warm_up=False,
    )


def case_repository(shop: Workshop) -> Case:
    """This repository's own objects, all environments: main.py, whole, against their bare rendering elsewhere."""
    return Case(
        shop.repository(),
        [
            Question("own objects: main.py to stock typed classes", "main.py", "stock typed"),
            Question("own objects: main.py to Node", "main.py", "Node"),
        ],
    )


def case_environments(shop: Workshop) -> Case:
    """Three environments in one run against one."""
    script = ROOT / "bench" / "environments.py"
    one = python(script, OUT, "dev")
    three = python(script, OUT, "dev", "staging", "production")
    return Case({"three": three, "one": one}, [Question("three environments to one", "three", "one", 1.8)])


def case_check(shop: Workshop) -> Case | None:
    """`aiwfe check`, all proofs but kubeconform's, against the synth."""
    check = Program(
        (sys.executable, "-c", "from aiwfe.cli import main; main()", "check", *PROOFS),
        accepted=(0, 1),  # findings take their time too
    )
    try:
        with output(check):
            pass
    except RuntimeError as error:
        shop.notes.append(f"aiwfe check is left out: {str(error).splitlines()[-1]}")
        return None
    question = Question("aiwfe check (without kubeconform) to main.py", "aiwfe check", "main.py", 1.0)
    return Case({"aiwfe check": check, "main.py": SYNTH}, [question])


def case_memory(shop: Workshop) -> Case | None:
    """Peak memory of a synth with its Node, in runs of their own."""
    if not Path("/proc/self/status").is_file():
        shop.notes.append("memory is left out: it is read from /proc, which only Linux has")
        return None
    programs = {"main.py": SYNTH, "ours, 3000": shop.ours(3000)}
    return Case(
        programs,
        [
            Question("memory of main.py and its Node, MB", "main.py", limit=400),
            Question("memory of 3,000 objects, MB", "ours, 3000"),
        ],
        rounds=2,
    )


CASES: Mapping[str, Callable[[Workshop], Case | None]] = {
    "synthetic": case_synthetic,
    "growth": case_growth,
    "large": case_large,
    "repository": case_repository,
    "environments": case_environments,
    "check": case_check,
    "memory": case_memory,
}


def _kind(body: Object) -> Kind:
    return str(body["apiVersion"]), str(body["kind"])


def _objects(text: bytes) -> list[Object]:
    return [cast("Object", body) for body in yaml.load_all(text, yaml.CSafeLoader) if body]
