"""The proofs: each module says what must hold over dist/, as a pure function from the loaded objects to findings.

A proof is one module with a `PROOF` and one entry in the tuple below. What a proof expects is written by hand from the
specification (cited as spec §n) beside it, and never derived from the charts that it judges. Each rule has a fixture
that it must reject and one that it must accept, under tests/proofs/fixtures/.
"""

from __future__ import annotations

from aiwfe.findings import Proof, Rule
from aiwfe.proofs import capacity, ownership, parity, references, schema, stability
from aiwfe.waivers import RULES as WAIVER_RULES

PROOFS: tuple[Proof, ...] = (
    schema.PROOF,
    references.PROOF,
    ownership.PROOF,
    capacity.PROOF,
    parity.PROOF,
    stability.PROOF,
)


def all_rules() -> dict[str, Rule]:
    """Every rule by its id, those about waivers included."""
    return {rule.id: rule for rules in (*(proof.rules for proof in PROOFS), WAIVER_RULES) for rule in rules}
