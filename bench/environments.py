"""main.py for chosen environments only: `python bench/environments.py <folder to write> <environment>...`."""

import sys
from pathlib import Path

from charts.compose import compose
from charts.constructs.app import write
from envs import load

if __name__ == "__main__":
    apps = [compose(env) for env in load() if env.name in sys.argv[2:]]
    write({file: text for app in apps for file, text in app.files().items()}, Path(sys.argv[1]))
