"""The services of spec §2.1-2.2 and §4.1: every module of this folder is one, found by being here.

A module declares `SERVICE` (what others may refer to) and `chart(app, env)` (what it renders, and its demand on the
quota). Its name is the service's. Modules refer to each other by import, so that one that does not exist is found.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from traceback import extract_tb
from typing import Protocol, cast

from charts.constructs.app import App
from charts.constructs.reference import Service
from charts.constructs.size import Demand
from envs import Environment
from imports.manifest import ROOT, ManifestError
from imports.spelling import nearest


class Component(Protocol):
    """A module of this folder."""

    SERVICE: Service

    def chart(self, app: App, env: Environment) -> Demand:
        """Render the service into `app`."""
        ...


def services() -> list[Component]:
    """Every service, by the name of its module. Raises ManifestError where a module is none."""
    return [_service(module.name) for module in iter_modules(__path__)]


def _service(name: str) -> Component:
    try:
        module = import_module(f"{__name__}.{name}")
    except ImportError as error:
        raise ManifestError(_unknown(error)) from None
    file, called = Path(str(module.__file__)).relative_to(ROOT), name.replace("_", "-")
    service = getattr(module, "SERVICE", None)
    if not isinstance(service, Service):
        raise ManifestError(f"{file}:1: declares no SERVICE: write SERVICE = own_service({called!r}, SYSTEM)")
    if service.name != called:
        raise ManifestError(f"{file}:1: SERVICE is called {service.name!r}, its module {called!r}: rename one of them")
    if not callable(getattr(module, "chart", None)):
        raise ManifestError(f"{file}:1: declares no chart(app, env): write what {called} renders")
    return cast(Component, module)


def _unknown(error: ImportError) -> str:
    """`charts/apps/chat.py:5: no such service: contxt (did you mean 'context'?)`, and the like for other imports."""
    at = [frame for frame in extract_tb(error.__traceback__) if frame.filename.startswith(str(ROOT / "charts"))][-1]
    where = f"{Path(at.filename).relative_to(ROOT)}:{at.lineno}"
    module, name = error.name or "", ""
    if found := re.match(r"cannot import name '(\w+)' from '", error.msg):
        name = found[1]
    elif module.startswith(f"{__name__}."):
        module, _, name = module.rpartition(".")
    if module == __name__:
        return f"{where}: no such service: {name}{nearest(name, (module.name for module in iter_modules(__path__)))}"
    if name and module in sys.modules:
        known = [word for word in vars(sys.modules[module]) if not word.startswith("_")]
        return f"{where}: {module} has no {name}{nearest(name, known)}"
    return f"{where}: {error.msg}"
