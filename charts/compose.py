"""The platform of one environment: its components in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from argocd.applications import applications
from argocd.projects import projects
from charts.apps import services
from charts.constructs.app import App
from charts.constructs.size import Demand
from charts.data import postgres
from charts.platform.namespaces import namespaces
from charts.platform.node_pools import node_pools
from charts.platform.priorities import priorities
from charts.platform.quotas import quotas
from charts.platform.storage import storage
from envs import Environment, InputError, Mistake
from imports.manifest import ManifestError
from imports.spelling import nearest


def render(environments: Iterable[Environment]) -> tuple[dict[str, str], list[str]]:
    """Every file of dist/ with its text; and what is wrong in envs/ and charts/, each mistake once."""
    files: dict[str, str] = {}
    mistakes: set[Mistake] = set()
    broken: dict[str, None] = {}  # in the order in which they were found
    images = None
    for env in environments:
        images = env.images
        try:
            mistakes.update(_unknown_names(env))
            files |= compose(env).files()
        except InputError as error:
            mistakes.update(error.mistakes)
        except ManifestError as error:
            broken[str(error)] = None
    if images and not mistakes and not broken:
        mistakes.update(images.unused())
    return files, [*map(str, sorted(mistakes)), *broken]


def compose(env: Environment) -> App:
    """Every component of `env`. Raises ManifestError and InputError, with the file and line of the mistake."""
    app = App(env.name)
    namespaces(app)
    priorities(app)
    storage(app, env)
    node_pools(app, env)
    demands: list[Demand] = []
    mistakes: list[Mistake] = []
    for component in (postgres, *services()):
        try:
            demands.append(component.chart(app, env))
        except InputError as error:
            mistakes += error.mistakes
    if mistakes:
        raise InputError(mistakes)
    quotas(app, env, demands)
    projects(app, env)
    applications(app, env)
    return app


def _unknown_names(env: Environment) -> Iterator[Mistake]:
    """What envs/ says of a service must be said of one that exists."""
    own = {component.SERVICE.name for component in services()}
    sized = own | {postgres.SERVICE.name}
    for unknown in env.services.keys() - sized:
        yield from env.mistake("services", unknown, message=f"no such service{nearest(unknown, sized)}").mistakes
    for unknown in env.images.own.keys() - own:
        yield from env.images.mistake("own", unknown, message=f"no such service{nearest(unknown, own)}").mistakes
