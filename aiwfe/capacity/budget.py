"""A namespace's quota, what is asked of it, and how far each HPA can scale inside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import floor

from aiwfe.capacity.resources import Amounts, add, amounts, times
from aiwfe.capacity.workloads import Workload, claims_of, hpa_range, workloads_of
from aiwfe.dist import Environment
from aiwfe.objects import Object, mapping, values

QUOTA_MODE = "aiwfe.io/quota"
"""Annotation on a ResourceQuota: `spec` (the figures of spec §4.2) or `fit` (large enough for the declared maxima)."""


@dataclass(frozen=True)
class Scaling:
    """How far one HPA gets with all others at their minimum."""

    scaler: Object
    least: int
    most: int
    reachable: int
    limited_by: str
    """The quota's resource that ends it, empty where the maximum is reached."""


@dataclass(frozen=True)
class Budget:
    """One namespace's quota and what its workloads ask for."""

    namespace: str
    quota: Object
    hard: Amounts
    workloads: tuple[Workload, ...] = field(repr=False)
    claims: Amounts = field(repr=False)

    @property
    def mode(self) -> str:
        """`spec` or `fit`, empty where the quota does not say."""
        return str(self.quota.annotations.get(QUOTA_MODE, ""))

    @cached_property
    def steady(self) -> Amounts:
        """What all workloads take with HPAs at their minimum, and all claims."""
        return self._counted(add(self.claims, *(item.steady for item in self.workloads)))

    @cached_property
    def surge(self) -> Amounts:
        """All workloads updating at once, as one sync of a new release makes them."""
        return self._counted(add(*(item.surging for item in self.workloads)))

    @cached_property
    def jobs(self) -> Amounts:
        """What all Jobs that may run at once add."""
        return self._counted(add(*(item.running_jobs for item in self.workloads)))

    @property
    def needed(self) -> Amounts:
        """The most that is asked for at once without scaling."""
        return add(self.steady, self.surge, self.jobs)

    @property
    def left(self) -> Amounts:
        """What the quota still allows; negative where it is too small."""
        return add(self.hard, times(self.needed, -1))

    @property
    def at_maximum(self) -> Amounts:
        """Steady, but with every HPA at its maximum at once."""
        more = (times(item.one_more, _room(item)) for item in self.workloads if item.scaler)
        return self._counted(add(self.steady, *more))

    @cached_property
    def scalings(self) -> tuple[Scaling, ...]:
        """How far each HPA of the namespace gets."""
        return tuple(self._scaling(item, item.scaler) for item in self.workloads if item.scaler)

    def _scaling(self, workload: Workload, scaler: Object) -> Scaling:
        least, most = hpa_range(scaler)
        free = add(self.hard, times(self.steady, -1))
        room = {name: floor(free[name] / each) for name, each in self._counted(workload.one_more).items() if each > 0}
        tightest = min(room, key=lambda name: room[name], default="")
        reachable = min(most, max(least + room[tightest], 0)) if tightest else most
        return Scaling(scaler, least, most, reachable, tightest if reachable < most else "")

    def _counted(self, usage: Amounts) -> Amounts:
        return {name: usage.get(name, Fraction(0)) for name in self.hard}


def _room(workload: Workload) -> int:
    assert workload.scaler
    least, most = hpa_range(workload.scaler)
    return most - least


def budgets_of(environment: Environment) -> list[Budget]:
    """A budget for each ResourceQuota that counts all pods (those with scopes count only some and are left out)."""
    return [
        Budget(
            quota.namespace,
            quota,
            {_key(name): value for name, value in amounts(quota.body, "spec", "hard").items()},
            tuple(workloads_of(environment, quota.namespace)),
            claims_of(environment, quota.namespace),
        )
        for quota in environment.of_kind("ResourceQuota")
        if not values(quota.body, "spec", "scopes") and not mapping(quota.body, "spec", "scopeSelector")
    ]


def _key(name: str) -> str:
    """`cpu`, `memory` and `ephemeral-storage` are the quota's short names of what is requested of them."""
    return f"requests.{name}" if name in ("cpu", "memory", "ephemeral-storage") else name
