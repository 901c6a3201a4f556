"""The capacity tables: each namespace's quota and what is asked of it, and how far each HPA gets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aiwfe.capacity.budget import Budget, Scaling, budgets_of
from aiwfe.capacity.resources import amounts
from aiwfe.dist import Environment, Platform
from aiwfe.proofs.capacity import SPEC_QUOTAS
from aiwfe.quantity import show
from aiwfe.reports import visible

_QUOTA_COLUMNS = ("namespace", "resource", "quota", "spec §4.2", "steady", "surge", "jobs", "left", "HPAs at maximum")
_HPA_COLUMNS = ("namespace", "HPA", "min", "max", "reaches", "limited by", "reaches in spec's quota")


def print_capacity(platform: Platform, console: Console) -> None:
    """Two tables for each environment. In red what does not fit."""
    for environment in platform.environments:
        rows = quota_rows(environment)
        scalings = scaling_rows(environment)
        console.print(Text(visible(environment.name), "bold"))
        _table(console, _QUOTA_COLUMNS, [[*row.values()][:9] for row in rows], [not row["fits"] for row in rows])
        short = [bool(row["limited_by"]) for row in scalings]
        _table(console, _HPA_COLUMNS, [[*row.values()] for row in scalings], short, style="yellow")
        console.print()


def as_json(platform: Platform) -> str:
    """The same figures for programs."""
    content = {
        environment.name: {"quotas": quota_rows(environment), "hpas": scaling_rows(environment)}
        for environment in platform.environments
    }
    return json.dumps(content, indent=2) + "\n"


def quota_rows(environment: Environment) -> list[dict[str, Any]]:
    """One row for each resource that a quota counts."""
    return [row for budget in budgets_of(environment) for row in _quota_rows(budget)]


def scaling_rows(environment: Environment) -> list[dict[str, Any]]:
    """One row for each HPA in a namespace with a quota: how far it scales alone, the others at their minimum."""
    rows: list[dict[str, Any]] = []
    for budget in budgets_of(environment):
        spec = SPEC_QUOTAS.get(budget.namespace)
        under_spec = replace(budget, hard=amounts({"hard": spec}, "hard")) if spec else budget
        rows += [
            _scaling_row(budget, here, there) for here, there in zip(budget.scalings, under_spec.scalings, strict=True)
        ]
    return rows


def _quota_rows(budget: Budget) -> list[dict[str, Any]]:
    spec = SPEC_QUOTAS.get(budget.namespace, {})
    return [
        {
            "namespace": budget.namespace,
            "resource": name,
            "quota": show(hard, name),
            "spec": spec.get(name, "-"),
            "steady": show(budget.steady[name], name),
            "surge": show(budget.surge[name], name),
            "jobs": show(budget.jobs[name], name),
            "left": show(budget.left[name], name),
            "at_maximum": show(budget.at_maximum[name], name),
            "mode": budget.mode,
            "fits": budget.left[name] >= 0,
        }
        for name, hard in budget.hard.items()
    ]


def _scaling_row(budget: Budget, here: Scaling, under_spec: Scaling) -> dict[str, Any]:
    return {
        "namespace": budget.namespace,
        "hpa": here.scaler.name,
        "min": here.least,
        "max": here.most,
        "reaches": here.reachable,
        "limited_by": here.limited_by,
        "reaches_in_spec": under_spec.reachable,
    }


def _table(
    console: Console, columns: Sequence[str], rows: Sequence[Sequence[Any]], marked: Sequence[bool], style: str = "red"
) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        left = column in ("namespace", "resource", "HPA", "limited by")
        table.add_column(column, justify="left" if left else "right", overflow="fold", no_wrap=not console.is_terminal)
    previous: object = None
    for row, mark in zip(rows, marked, strict=True):
        cells = [Text(visible(str(cell))) for cell in row]
        if row[0] == previous:
            cells[0] = Text("")
        previous = row[0]
        table.add_row(*cells, style=style if mark else None)
    console.print(table)
