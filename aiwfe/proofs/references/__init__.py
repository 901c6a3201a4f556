"""Everything that an object names exists in the same environment, down to the key and the port."""

from __future__ import annotations

from collections.abc import Iterator

from aiwfe.dist import Platform
from aiwfe.findings import Finding, Proof
from aiwfe.proofs.references import access, configuration, ports, scaling, selectors, volumes

_PARTS = (configuration, volumes, selectors, ports, scaling, access)


def find(platform: Platform) -> Iterator[Finding]:
    """All dangling references, environment by environment."""
    for environment in platform.environments:
        for part in _PARTS:
            yield from part.find(environment)


PROOF = Proof(
    "references",
    "Everything an object names exists, down to the key and port, including Secrets that operators will make.",
    tuple(rule for part in _PARTS for rule in part.RULES),
    find,
)
