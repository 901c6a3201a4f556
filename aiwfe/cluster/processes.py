"""Processes that outlive the command that started them, and that a later command finds again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from aiwfe.cluster.waiting import ClusterError

_STOP_WITHIN = 10  # seconds; what does not stop by then is killed
_INHERITED = ("PATH", "LANG", "TZ")  # of this environment; the rest of it is the caller's and stays with it
_MARK = "AIWFE_CLUSTER_PROGRAM"  # in the environment of a program and of all that it starts
_CLOCK_SET = 2  # seconds by which the start of a process moves where the machine's clock is set meanwhile
_TAKEN = "address already in use"


@dataclass(frozen=True)
class Program:
    """One program of the box."""

    name: str
    command: tuple[str | Path, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: Path | None = None
    """Where it runs; the box's folder by default."""


@dataclass(frozen=True)
class Processes:
    """The processes of one box, remembered in its folder: `pids/<name>.json` and `logs/<name>.log`."""

    folder: Path

    def start(self, program: Program) -> None:
        """Starts a program in a session of its own. Does nothing where it runs already.

        Raises ClusterError where the machine cannot run it.
        """
        if self.alive(program.name):
            return
        for place in ("pids", "logs"):
            (self.folder / place).mkdir(parents=True, exist_ok=True)
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        with (self.folder / "logs" / f"{program.name}.log").open("ab") as log:
            try:
                process = subprocess.Popen(
                    [str(part) for part in program.command],
                    cwd=program.folder or self.folder,
                    env={**inherited, "HOME": str(self.folder), **program.environment, _MARK: self._mark(program.name)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise ClusterError(f"{program.name} cannot be started: {error}") from None
        started = psutil.Process(process.pid).create_time()
        self._note(program.name).write_text(json.dumps({"pid": process.pid, "started": started}), encoding="utf-8")

    def alive(self, name: str) -> bool:
        """Whether the process runs."""
        return self._find(name) is not None

    def must_live(self, name: str) -> None:
        """Raises ClusterError with the end of its log where the process has ended."""
        if not self.alive(name):
            why = " (another program took its port meanwhile: try again)" if _TAKEN in self.log(name, 50) else ""
            log = f"its last words ({self.folder}/logs/{name}.log):\n{self.log(name)}"
            raise ClusterError(f"{name} has ended{why}; {log}")

    def all_must_live(self) -> None:
        """Raises ClusterError where one of the processes that were started has ended."""
        for name in self.names():
            self.must_live(name)

    def names(self) -> list[str]:
        """All processes that were started and not stopped, running or not."""
        return sorted(path.stem for path in (self.folder / "pids").glob("*.json"))

    def known(self) -> list[str]:
        """All processes that were ever started, those that were stopped too: each has a log."""
        return sorted(path.stem for path in (self.folder / "logs").glob("*.log"))

    def log(self, name: str, lines: int = 10) -> str:
        """The last lines that a process has written."""
        path = self.folder / "logs" / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.is_file() else ""

    def stop(self, *names: str) -> None:
        """Stops processes and all that they started, also where they ended before; what does not stop is killed."""
        self._end(names, signal.SIGTERM)

    def kill(self, *names: str) -> None:
        """Kills processes at once, as a crash would."""
        self._end(names, signal.SIGKILL)

    def _end(self, names: tuple[str, ...], how: signal.Signals) -> None:
        family = self._family(names)
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(how)
        left = _left(family)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _left(left)
        for name in names:
            self._note(name).unlink(missing_ok=True)

    def _family(self, names: tuple[str, ...]) -> list[psutil.Process]:
        """The processes, their children, and what bears their mark: children that outlived them."""
        leaders = [process for name in names if (process := self._find(name))]
        marks = {self._mark(name) for name in names}
        marked = [process for process in psutil.process_iter() if _marked(process) in marks]
        return list(dict.fromkeys([*(child for leader in leaders for child in _children(leader)), *leaders, *marked]))

    def _find(self, name: str) -> psutil.Process | None:
        """The process of that name, unless it has ended and its number was given to another one."""
        try:
            note = json.loads(self._note(name).read_text(encoding="utf-8"))
            process = psutil.Process(note["pid"])
            same = abs(process.create_time() - note["started"]) < _CLOCK_SET
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
            return None
        return process if same and _runs(process) else None

    def _mark(self, name: str) -> str:
        return str(self.folder / name)

    def _note(self, name: str) -> Path:
        return self.folder / "pids" / f"{name}.json"


def _runs(process: psutil.Process) -> bool:
    """Whether it does; one that has ended and that nobody has asked about yet does not.

    A killed program of many threads looks ended while its last threads end, and holds its ports until then.
    """
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and (process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    return False


def _left(processes: list[psutil.Process]) -> list[psutil.Process]:
    """What still runs of them when all had time to end."""
    end = time.monotonic() + _STOP_WITHIN
    while (left := [process for process in processes if _runs(process)]) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def _children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []


def _marked(process: psutil.Process) -> str:
    with suppress(psutil.Error):  # another person's, or just ended
        return process.environ().get(_MARK, "")
    return ""
