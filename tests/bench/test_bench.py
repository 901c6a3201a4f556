"""`make bench` compares like with like, and its arithmetic is right. How fast anything is, no test says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console

from bench.baseline import Stock, prepare, prepare_node
from bench.cases import Case, Question
from bench.processes import OUT, Program, node, output, python
from bench.programs import INDEX, Component, literal, write_node, write_ours
from bench.report import as_json, print_table, rows
from bench.rounds import Ratio, interleaved, ratio
from bench.same import DifferentError, Rendered, rendered, require_same
from bench.synthetic import copies, synthetic
from bench.typed import NoStockClassError, TypedWriter


def render(program: Program) -> Rendered:
    with output(program) as folder:
        return rendered(folder)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    folder = tmp_path_factory.mktemp("ours")
    return render(python(write_ours(synthetic(), folder), OUT, "1"))


def test_our_constructs_and_node_render_the_same_objects(ours: Rendered, tmp_path: Path) -> None:
    program = node(write_node(synthetic(), tmp_path), OUT, "1", path=prepare_node())
    assert require_same(ours, render(program), ("ours", "Node")) == 50


def test_stock_typed_classes_render_the_same_objects(ours: Rendered, tmp_path: Path) -> None:
    kinds = {(str(body["apiVersion"]), str(body["kind"])) for body in synthetic()[0].objects}
    writer = TypedWriter(prepare(kinds))
    typed = python(writer.write(synthetic(), tmp_path), OUT, "1", path=writer.path)
    assert require_same(ours, render(typed), ("ours", "stock typed")) == 50


def test_objects_without_a_stock_class_are_told_apart() -> None:
    writer = TypedWriter(Stock(prepare(()).path, {}))
    metadata = {"name": "a"}
    with pytest.raises(NoStockClassError, match=r"no class in example\.com/v1"):
        writer.call({"apiVersion": "example.com/v1", "kind": "Unknown", "metadata": metadata}, 0)
    with pytest.raises(NoStockClassError, match="KubeSecret has no field dataa"):
        writer.call({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "dataa": {}}, 0)


def test_each_copy_has_names_of_its_own(ours: Rendered) -> None:
    bodies = [cast("dict[str, dict[str, str]]", body) for file in ours.values() for body in file]
    assert len({(str(body["kind"]), body["metadata"]["name"]) for body in bodies}) == 50


@pytest.mark.parametrize("text", ["plain", "{braces} $ ` \\ \"quotes\" 'single'", f"{INDEX}-{{x}}", "two\nlines\t"])
def test_text_survives_both_languages(text: str, tmp_path: Path) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}, "data": {"k": text}}
    component = Component("env/apps/part", [body])
    expected = {"env-apps-part": [{**body, "data": {"k": text.replace(INDEX, "0")}}]}
    for program in (
        python(write_ours([component], tmp_path / "ours"), OUT, "1"),
        node(write_node([component], tmp_path / "node"), OUT, "1", path=prepare_node()),
    ):
        assert require_same(expected, render(program), ("written", "rendered")) == 1


def test_literals_put_the_number_of_the_copy_in() -> None:
    assert eval(literal({"a": [f"x{INDEX}", "{i}", 1, True, None]}), {"i": 7}) == {"a": ["x7", "{i}", 1, True, None]}


_DIFFERENT: list[tuple[Rendered, Rendered, str]] = [
    ({"f": [{"a": 1}]}, {"f": [{"a": 2}]}, r"\.f\[0\]\.a: 1, 2"),
    ({"f": [{"a": 1}]}, {"f": [{"a": "1"}]}, r"\.f\[0\]\.a: 1, '1'"),
    ({"f": [{"a": 1}]}, {"f": [{"a": True}]}, r"\.f\[0\]\.a: 1, True"),
    ({"f": [{"a": 1}]}, {"f": [{}]}, r"\.f\[0\]\.a: only in the first"),
    ({"f": [{"a": 1}]}, {"f": [{"a": 1}, {"a": 1}]}, r"\.f: 1 items, 2 items"),
    ({"f": [{"a": 1}]}, {"f": [{"a": 1}], "g": [{}]}, r"\.g: only in the second"),
    ({}, {}, "neither renders anything"),
]


@pytest.mark.parametrize(("one", "other", "said"), _DIFFERENT)
def test_different_renderings_are_refused(one: Rendered, other: Rendered, said: str) -> None:
    with pytest.raises(DifferentError, match=said):
        require_same(one, other, ("one", "other"))


def test_order_of_fields_is_no_difference() -> None:
    assert require_same({"f": [{"a": 1, "b": 2}]}, {"f": [{"b": 2, "a": 1}]}, ("one", "other")) == 1


def test_ratio_is_taken_round_by_round() -> None:
    # The third round ran on a busy machine: it took both, and the ratio does not mind.
    assert ratio([1.0, 1.5, 10.0], [2.0, 2.0, 20.0]) == Ratio(0.5, 0.5, 0.75)


def test_rounds_are_interleaved_and_the_warm_up_does_not_count() -> None:
    order: list[str] = []

    def gauge(name: str) -> float:
        order.append(name)
        return float(len(order))

    readings = interleaved({"a": lambda: gauge("a"), "b": lambda: gauge("b")}, rounds=2)
    assert order == ["a", "b", "a", "b", "a", "b"]
    assert readings == {"a": [3, 5], "b": [4, 6]}
    order.clear()
    assert interleaved({"a": lambda: gauge("a")}, rounds=1, warm_up=False) == {"a": [1]}


@pytest.mark.parametrize(
    ("of", "passed", "verdict"), [(1.0, True, "ok, stretch"), (3.0, True, "ok"), (5.0, False, "MISSED")]
)
def test_targets_are_judged_by_the_median(of: float, passed: bool, verdict: str) -> None:
    case = Case({}, [Question("ours to Node", "ours", "Node", limit=3.5, stretch=2.7)])
    (row,) = rows("synthetic", case, {"ours": [of] * 3, "Node": [1.0, 1.0, 0.1]})
    assert (row.passed, row.verdict) == (passed, verdict)


def test_memory_is_judged_as_it_is() -> None:
    (row,) = rows("memory", Case({}, [Question("synth", "main.py", limit=400)]), {"main.py": [410.0, 390.0, 395.0]})
    assert (row.value, row.passed) == (Ratio(395, 390, 410), True)


def test_table_and_json_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    case = Case({}, [Question("a to b", "a", "b", limit=0.4)])
    seconds = {"some": {"a": [1.0, 2.0], "b": [2.0, 4.0]}}
    found = rows("some", case, seconds["some"])
    written = json.loads(as_json(found, seconds, ["a note"]))
    assert written["rows"][0] == {
        "case": "some",
        "says": "a to b",
        "value": {"median": 0.5, "low": 0.5, "high": 0.5},
        "rounds": 2,
        "limit": 0.4,
        "stretch": None,
        "passed": False,
    }
    print_table(Console(width=140), found, seconds, ["a note"])
    printed = capsys.readouterr().out
    assert all(word in printed for word in ("a to b", "0.50", "MISSED", "Note: a note"))


@pytest.mark.parametrize(("objects", "each"), [(50, 1), (300, 6), (3000, 60)])
def test_copies(objects: int, each: int) -> None:
    assert copies(objects) == each


def test_copies_of_an_uneven_number() -> None:
    with pytest.raises(ValueError, match="not a multiple of 50"):
        copies(301)


def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match=r"exit code 3 of .*\nso it is"):
        python("-c", "print('so it is'); raise SystemExit(3)").seconds()
