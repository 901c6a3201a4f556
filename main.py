"""envs/*.yaml -> dist/: every environment, and nothing else.

`python main.py` writes dist/ only when everything is right; `cdk8s synth` runs it too and gives the same bytes.
Exit codes: 0 written, 2 a mistake in envs/ or charts/ (said on stderr; dist/ untouched).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from charts.compose import compose
from charts.constructs.app import write
from envs import InputError, load
from imports.manifest import ROOT, ManifestError


def main() -> int:
    """Render all environments, then write them."""
    outdir = Path(os.environ.get("CDK8S_OUTDIR") or ROOT / "dist")  # the cdk8s command names its folder so
    try:
        apps = [compose(env) for env in load()]
        files = {file: text for app in apps for file, text in app.files().items()}
    except (InputError, ManifestError) as error:
        print(error, file=sys.stderr)
        return 2
    write(files, outdir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
