"""Programs outlive the command that started them, are found again, never mistaken, and end with all that they started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aiwfe.cluster import processes as module
from aiwfe.cluster import waiting
from aiwfe.cluster.processes import Processes, Program
from aiwfe.cluster.waiting import ClusterError, until
from imports.manifest import ROOT

SLEEP = ("sleep", "60")
STUBBORN = ("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done")
WITH_CHILD = ("sh", "-c", "sleep 60 & echo $!; wait")


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    monkeypatch.setattr(module, "_STOP_WITHIN", 0.3)
    monkeypatch.setattr(waiting, "_LOOK_EVERY", 0.01)
    made = Processes(tmp_path / "box")
    yield made
    made.kill(*made.known())


def said(processes: Processes, name: str, text: str = "") -> str:
    """What a program has written, once that holds `text`."""
    until(
        f"{name} to say something", lambda: "" if text in processes.log(name).strip("\n") != "" else "nothing", limit=5
    )
    return processes.log(name)


def ended(processes: Processes, *names: str) -> None:
    until("the end", lambda: "".join(name for name in names if processes.alive(name)), limit=5)


def note(processes: Processes, name: str) -> Path:
    return processes.folder / "pids" / f"{name}.json"


def pid(processes: Processes, name: str) -> int:
    return json.loads(note(processes, name).read_text())["pid"]


def gone(number: int) -> bool:
    try:
        return psutil.Process(number).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_program_runs_until_it_is_stopped(processes: Processes) -> None:
    assert not processes.alive("etcd")
    processes.start(Program("etcd", SLEEP))
    processes.must_live("etcd")
    number = pid(processes, "etcd")
    processes.stop("etcd")
    assert (processes.alive("etcd"), gone(number), processes.names()) == (False, True, [])


def test_a_program_that_runs_is_not_started_again(processes: Processes) -> None:
    processes.start(Program("etcd", SLEEP))
    first = pid(processes, "etcd")
    processes.start(Program("etcd", SLEEP))
    assert pid(processes, "etcd") == first


def test_a_program_that_has_ended_is_started_again_and_its_log_goes_on(processes: Processes) -> None:
    for word in ("one", "two"):
        processes.start(Program("etcd", ("echo", word)))
        ended(processes, "etcd")
        said(processes, "etcd", word)
    assert processes.log("etcd") == "one\ntwo"


def test_the_end_of_a_log_is_its_last_lines_whatever_bytes_they_are(processes: Processes) -> None:
    processes.start(Program("etcd", ("printf", r"a\nb\n\377\n")))
    assert said(processes, "etcd", "\ufffd") == "a\nb\n\ufffd"
    assert (processes.log("etcd", 2), processes.log("nobody")) == ("b\n\ufffd", "")


def test_a_program_that_ignores_the_signal_is_killed(processes: Processes) -> None:
    processes.start(Program("etcd", STUBBORN))
    said(processes, "etcd", "ready")
    number = pid(processes, "etcd")
    processes.stop("etcd")
    assert gone(number)


def test_children_end_with_their_program(processes: Processes) -> None:
    processes.start(Program("etcd", WITH_CHILD))
    child = int(said(processes, "etcd"))
    processes.stop("etcd")
    assert gone(child)


def test_children_that_outlived_their_program_end_with_it_too(processes: Processes) -> None:
    processes.start(Program("etcd", WITH_CHILD))
    child = int(said(processes, "etcd"))
    psutil.Process(pid(processes, "etcd")).kill()
    ended(processes, "etcd")
    assert not gone(child)
    processes.stop("etcd")
    assert gone(child)


def test_the_programs_of_another_box_are_left_alone(processes: Processes, tmp_path: Path) -> None:
    other = Processes(tmp_path / "other")
    for one in (processes, other):
        one.start(Program("etcd", SLEEP))
    processes.kill("etcd")
    assert other.alive("etcd")
    other.kill("etcd")


def test_a_program_outlives_its_starter_and_is_found_again(processes: Processes) -> None:
    start = (
        "from pathlib import Path; from aiwfe.cluster.processes import Processes, Program;"
        f"Processes(Path({str(processes.folder)!r})).start(Program('etcd', ('sleep', '60')))"
    )
    subprocess.run([sys.executable, "-c", start], cwd=ROOT, check=True)
    again = Processes(processes.folder)
    assert (again.alive("etcd"), again.names()) == (True, ["etcd"])
    number = pid(again, "etcd")
    assert os.getsid(number) == number  # no terminal's Ctrl-C reaches it
    again.stop("etcd")
    assert gone(number)


@pytest.mark.parametrize(
    "content", ['{"pid": PID, "started": 1.5}', '{"pid": PID', "{}", '{"pid": 99999999, "started": 1}']
)
def test_a_note_that_is_not_of_the_process_finds_none(content: str, processes: Processes) -> None:
    """The machine gives numbers out again: here to this test, which must survive the stop."""
    processes.start(Program("etcd", SLEEP))
    number = pid(processes, "etcd")
    note(processes, "etcd").write_text(content.replace("PID", str(os.getpid())))
    assert not processes.alive("etcd")
    processes.stop("etcd")
    assert gone(number)  # known by its mark


def test_a_clock_that_was_set_meanwhile_hides_no_process(processes: Processes) -> None:
    processes.start(Program("etcd", SLEEP))
    known = json.loads(note(processes, "etcd").read_text())
    note(processes, "etcd").write_text(json.dumps({**known, "started": known["started"] + 1}))
    assert processes.alive("etcd")


def test_a_program_that_has_ended_is_said_with_its_last_words(processes: Processes) -> None:
    processes.start(Program("etcd", ("sh", "-c", "seq 12; exit 1")))
    processes.start(Program("other", SLEEP))
    ended(processes, "etcd")
    words = "\n".join(map(str, range(3, 13)))
    for ask in (lambda: processes.must_live("etcd"), processes.all_must_live):
        with pytest.raises(ClusterError) as refused:
            ask()
        assert str(refused.value) == f"etcd has ended; its last words ({processes.folder}/logs/etcd.log):\n{words}"
    processes.stop("etcd")
    processes.all_must_live()


def test_a_port_that_was_taken_meanwhile_is_said(processes: Processes) -> None:
    processes.start(Program("etcd", ("echo", "listen tcp 127.0.0.1:1: bind: address already in use")))
    ended(processes, "etcd")
    with pytest.raises(ClusterError, match=r"^etcd has ended \(another program took its port meanwhile: try again\); "):
        processes.must_live("etcd")


def test_what_was_stopped_is_still_known_by_its_log(processes: Processes) -> None:
    for name in ("b", "a"):
        processes.start(Program(name, SLEEP))
    processes.kill("b")
    assert (processes.names(), processes.known()) == (["a"], ["a", "b"])


def test_the_environment_of_the_caller_stays_with_it(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KUBECONFIG", "HTTPS_PROXY", "GIT_DIR", "HOME"):
        monkeypatch.setenv(name, "/of/the/caller")
    monkeypatch.setenv("TZ", "UTC")
    processes.start(Program("env", ("env",), {"ARGOCD": "yes"}))
    given = dict(line.split("=", 1) for line in said(processes, "env", "ARGOCD").splitlines())
    given.pop("LANG", None)
    mark = str(processes.folder / "env")
    path = os.environ["PATH"]
    assert given == {
        "ARGOCD": "yes",
        "HOME": str(processes.folder),
        "PATH": path,
        "TZ": "UTC",
        "AIWFE_CLUSTER_PROGRAM": mark,
    }


def test_a_program_runs_in_the_folder_that_it_asks_for(processes: Processes, tmp_path: Path) -> None:
    processes.start(Program("a", ("pwd",)))
    processes.start(Program("b", ("pwd",), folder=tmp_path))
    assert (said(processes, "a"), said(processes, "b")) == (str(processes.folder), str(tmp_path))


def test_a_program_that_the_machine_cannot_run_is_one_line(processes: Processes) -> None:
    with pytest.raises(ClusterError, match=r"^etcd cannot be started: .*No such file or directory: '/nowhere/etcd'$"):
        processes.start(Program("etcd", (Path("/nowhere/etcd"),)))
    assert processes.names() == []
