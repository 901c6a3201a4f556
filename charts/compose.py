"""The platform of one environment: its components in the order in which they need each other."""

from __future__ import annotations

from argocd.applications import applications
from argocd.projects import projects
from charts.apps import apps, services
from charts.constructs.app import App
from charts.data import postgres
from charts.platform.namespaces import namespaces
from charts.platform.node_pools import node_pools
from charts.platform.priorities import priorities
from charts.platform.quotas import quotas
from charts.platform.storage import storage
from envs import Environment
from imports.spelling import nearest


def compose(env: Environment) -> App:
    """Every component of `env`. Raises ManifestError and InputError, with the file and line of the mistake."""
    _check_names(env)
    app = App(env.name)
    namespaces(app)
    priorities(app)
    storage(app, env)
    node_pools(app, env)
    demands = [postgres.chart(app, env), *apps(app, env)]
    quotas(app, env, demands)
    projects(app, env)
    applications(app, env)
    return app


def _check_names(env: Environment) -> None:
    """What envs/ says of a service must be said of one that exists."""
    own = {component.SERVICE.name for component in services()}
    sized = own | {postgres.SERVICE.name}
    for unknown in sorted(env.services.keys() - sized):
        raise env.mistake("services", unknown, message=f"no such service{nearest(unknown, sized)}")
    for unknown in sorted(env.images.own.keys() - own):
        raise env.images.mistake("own", unknown, message=f"no such service{nearest(unknown, own)}")
