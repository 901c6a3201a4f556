"""Nothing in dist/ that a controller or Argo CD would fight over for ever, and bytes that have one form only.

The API server answers with defaults filled in, quantities rewritten and empty fields dropped. What is committed in
that form already never shows up as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator

from aiwfe.dist import Platform
from aiwfe.findings import Finding, Proof
from aiwfe.proofs.stability import fields, files, names


def find(platform: Platform) -> Iterator[Finding]:
    """All findings about files, then about objects, environment by environment."""
    for environment in platform.environments:
        for file in environment.files:
            yield from files.find(file)
        for item in environment.objects:
            yield from fields.find(item, environment)
            yield from names.find(item)


PROOF = Proof(
    "stability",
    "Nothing that a controller or Argo CD would fight over for ever, and bytes that have one form only.",
    (*files.RULES, *fields.RULES, *names.RULES),
    find,
)
