"""The services of spec §2.1-2.2 and §4.1: every module of this folder is one, found by being here.

A module declares `SERVICE` (what others may refer to) and `chart(app, env)` (what it renders, and its demand on the
quota). Modules refer to each other by import, so a service that does not exist is an ImportError, and so is a circle.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from charts.constructs.app import App
from charts.constructs.reference import Service
from charts.constructs.size import Demand
from envs import Environment


class Component(Protocol):
    """A module of this folder."""

    SERVICE: Service

    def chart(self, app: App, env: Environment) -> Demand:
        """Render the service into `app`."""
        ...


def services() -> list[Component]:
    """Every service, by the name of its module."""
    return [cast(Component, import_module(f"{__name__}.{module.name}")) for module in iter_modules(__path__)]


def apps(app: App, env: Environment) -> list[Demand]:
    """All services, each with what it may ask of its namespace's quota."""
    return [component.chart(app, env) for component in services()]
