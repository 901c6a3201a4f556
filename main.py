"""envs/*.yaml -> dist/: every environment, and nothing else.

`python main.py` writes dist/ only when everything is right; `cdk8s synth` runs it too and gives the same bytes.
Exit codes: 0 written; 2 a mistake in envs/ or charts/, or a folder that cannot be written (said on stderr; dist/
untouched).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from charts.compose import render
from charts.constructs.app import WriteError, write
from envs import InputError, load
from imports.manifest import ROOT


def main() -> int:
    """Render all environments, then write them."""
    outdir = Path(os.environ.get("CDK8S_OUTDIR") or ROOT / "dist")  # the cdk8s command names its folder so
    try:
        files, mistakes = render(load())
        if not mistakes:
            write(files, outdir)
    except (InputError, WriteError) as error:
        mistakes = [str(error)]
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return 2 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
