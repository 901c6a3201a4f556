"""Sums over Kubernetes quantities, for quotas that must hold what runs in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MEBIBYTES = {"Mi": 1, "Gi": 1024, "Ti": 1024 * 1024}


@dataclass(frozen=True)
class Amount:
    """What pods ask a namespace for: CPU in millicores, memory and storage in MiB."""

    pods: int = 0
    cpu: int = 0
    memory: int = 0
    storage: int = 0
    gpus: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.pods + other.pods,
            self.cpu + other.cpu,
            self.memory + other.memory,
            self.storage + other.storage,
            self.gpus + other.gpus,
        )

    def __mul__(self, times: int) -> Amount:
        return Amount(self.pods * times, self.cpu * times, self.memory * times, self.storage * times, self.gpus * times)


def millicores(quantity: str) -> int:
    """`250m` -> 250, `2` -> 2000."""
    return int(quantity[:-1]) if quantity.endswith("m") else int(quantity) * 1000


def mebibytes(quantity: str) -> int:
    """`512Mi` -> 512, `8Gi` -> 8192."""
    match = re.fullmatch(r"(\d+)([MGT]i)", quantity)
    if not match:
        raise ValueError(f"{quantity!r} is no whole number of Mi, Gi or Ti")
    return int(match[1]) * _MEBIBYTES[match[2]]
