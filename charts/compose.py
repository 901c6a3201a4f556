"""The platform of one environment: its components in the order in which they need each other."""

from __future__ import annotations

from charts.apps import apps
from charts.constructs.app import App
from charts.platform.namespaces import namespaces
from charts.platform.priorities import priorities
from charts.platform.quotas import quotas
from envs import Environment


def compose(env: Environment) -> App:
    """Every component of `env`. Raises ManifestError and InputError, with the file and line of the mistake."""
    app = App(env.name)
    namespaces(app)
    priorities(app)
    demands = apps(app, env)
    quotas(app, env, demands)
    return app
