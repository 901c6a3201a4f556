"""`python -m aiwfe`, for where the `aiwfe` command is not on the PATH."""

from aiwfe.cli import main

main()
