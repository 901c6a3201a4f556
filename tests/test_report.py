"""The report of a run in the box says of each row what was shown, and never more."""

from __future__ import annotations

import yaml

from aiwfe.dist import load
from imports.manifest import ROOT
from tests.cluster.report import LEVELS, ROWS, Seen, markdown, page, rows

WEBUI = {"Deployment/aiwfe-system/webui", "Service/aiwfe-system/webui"}
QUOTA = {"ResourceQuota/aiwfe-ai/aiwfe-ai", "LimitRange/aiwfe-ai/aiwfe-ai"}
DATABASE = {"Cluster/aiwfe-data/postgres"}


def level(says: str, seen: Seen) -> str:
    return next(row.level for row in rows(seen) if row.says == says)


def seen(objects: set[str], **tests: bool) -> Seen:
    both = {"dev": set(objects), "production": set(objects)}
    return Seen(
        both, {env: set(found) for env, found in both.items()}, {env: set(found) for env, found in both.items()}, tests
    )


def test_nothing_seen_is_nothing_shown() -> None:
    assert {row.level for row in rows(Seen())} == {"-"}


def test_a_row_is_as_good_as_its_worst_environment() -> None:
    assert level("WebUI (Next.js PWA)", seen(WEBUI)) == "C"
    lacking = seen(WEBUI)
    lacking.settled["dev"].clear()
    assert level("WebUI (Next.js PWA)", lacking) == "A"
    lacking.accepted["dev"].clear()
    assert level("WebUI (Next.js PWA)", lacking) == "S"
    lacking.rendered["dev"].clear()
    assert level("WebUI (Next.js PWA)", lacking) == "-"


def test_behaviour_needs_every_test_that_the_row_names() -> None:
    row = "aiwfe-ai: cpu 8, memory 16Gi, GPU 2"
    assert level(row, seen(QUOTA)) == "C"
    assert level(row, seen(QUOTA, test_what_fits_is_taken_and_a_little_more_is_not=True)) == "B"
    assert level(row, seen(QUOTA, test_what_fits_is_taken_and_a_little_more_is_not=False)) == "failed"


def test_what_kwok_plays_is_called_simulated() -> None:
    assert level("PostgreSQL (CloudNativePG Operator)", seen(DATABASE)) == "simulated"


def test_both_forms_hold_every_row() -> None:
    found = rows(seen(WEBUI))
    assert all(row.says in markdown(found, "dev") for row in found)
    assert page(found, "dev").count("<tr class=") == len(found)
    assert {row.level for row in found} <= LEVELS.keys()


def test_rows_name_tests_that_exist() -> None:
    named = {test for row in yaml.safe_load(ROWS.read_text(encoding="utf-8")) for test in row.get("behaviour", ())}
    written = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "cluster").glob("test_*.py"))
    assert {test for test in named if f"def {test}(" not in written} == set()


def test_rows_that_dist_carries_are_found_in_it() -> None:
    """A pattern with a typo would say `not rendered yet` for ever."""
    rendered = {env.name: {item.local for item in env.objects} for env in load(ROOT / "dist").environments}
    found = rows(Seen(rendered))
    assert sum(row.level == "S" for row in found) >= 25
