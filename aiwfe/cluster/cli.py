"""`aiwfe cluster`: the platform on one machine, to try a change by hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aiwfe.console import clear_errors, plain_console, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiwfe.cluster.box import Box
    from aiwfe.findings import Finding

_EXIT_CODES = (
    "Exit codes: 0 done; 1 the cluster does not do what dist/ says; 2 bad input or usage; "
    "3 a program is missing and could not be built."
)

app = typer.Typer(
    name="cluster",
    help="The platform on one machine, fed from dist/: a real control plane, Argo CD, Argo Rollouts; no containers.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Which cluster, where there are several.")]


@app.command(epilog=_EXIT_CODES)
def up(
    env: Annotated[str, typer.Option("--env", "-e", metavar="ENV", help="The environment to feed it with.")] = "dev",
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to call it.  \\[default: the environment]")
    ] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Sync nothing: an empty cluster with Argo CD.")] = False,
) -> None:
    """Start a cluster, and let Argo CD sync dist/ as it lies in the checkout, changes that are not committed included.

    The first start builds the programs (a quarter of an hour on two cores); later ones take seconds.

    Example: aiwfe cluster up --env staging
    """
    with clear_errors():
        from aiwfe.cluster.applications import first_sync
        from aiwfe.cluster.box import named
        from aiwfe.cluster.waiting import ClusterError
        from aiwfe.dist import find_dist, load

        dist = find_dist(Path.cwd())
        environment = load(dist, [env], baseline=False).environments[0]
        box = named(name or env)
        with progress() as say:
            box.up(environment, dist, say)
            if not empty:
                say("Argo CD syncs")
                try:
                    first_sync(box, dist)
                except ClusterError as error:
                    todo = "`aiwfe cluster status` shows it, `aiwfe cluster down` ends it"
                    raise ClusterError(f"{error}\nthe cluster {box.name} is up all the same: {todo}") from None
        _print_status([box])
        print(f"\nkubectl: aiwfe cluster kubectl get pods -A, or with KUBECONFIG={box.kubeconfig}")
        print("change dist/, then: aiwfe cluster sync      end it: aiwfe cluster down")


@app.command(epilog=_EXIT_CODES)
def sync(
    name: _Name = None,
    approve: Annotated[
        bool, typer.Option("--approve", help="Approve the sync of the data layer too, as a person must.")
    ] = False,
) -> None:
    """Give Argo CD dist/ as it lies in the checkout now, wait, and say what the cluster has against it.

    Example: make synth && aiwfe cluster sync
    """
    with clear_errors():
        from aiwfe.cluster.applications import sync_again
        from aiwfe.cluster.verdict import judge, look
        from aiwfe.cluster.waiting import ClusterError
        from aiwfe.dist import find_dist, load

        box = _running(_box(name))
        dist = find_dist(Path.cwd())
        environment = load(dist, [box.environment], baseline=False).environments[0]
        late = ""
        with progress() as say:
            say("Argo CD syncs")
            try:
                sync_again(box, dist, approved=approve)
            except ClusterError as error:  # what it waited for is among what is found
                late = str(error)
        found = judge(look(box), environment)
        _print_findings(found)
        if late and not found:
            raise ClusterError(late)
        if found:
            raise typer.Exit(1)
        print(f"the cluster is as dist/{box.environment} says")


@app.command(epilog=_EXIT_CODES)
def status(name: _Name = None) -> None:
    """Show the clusters that were started: their programs, and what Argo CD says.

    Example: aiwfe cluster status
    """
    with clear_errors():
        from aiwfe.cluster.box import boxes

        found = [_box(name)] if name else boxes()
        if not found:
            print("no cluster: `aiwfe cluster up` starts one")
        _print_status(found)


@app.command(
    epilog=_EXIT_CODES,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def kubectl(context: typer.Context) -> None:
    """Run kubectl against the cluster that is up; with several, against the one that KUBECONFIG names (see status).

    Example: aiwfe cluster kubectl get applications -n gitops
    """
    with clear_errors():
        client = _running(_box_of_kubeconfig()).kubectl
        arguments = ["kubectl", f"--kubeconfig={client.kubeconfig}", *context.args]
        os.execve(client.binary, arguments, client.environment)


@app.command(epilog=_EXIT_CODES)
def logs(
    program: Annotated[str, typer.Argument(metavar="PROGRAM", help="One of those that status lists.")],
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of its last lines.")] = 50,
    name: _Name = None,
) -> None:
    """Print what one of the cluster's programs has said last.

    Example: aiwfe cluster logs argocd-application-controller -n 20
    """
    with clear_errors():
        from aiwfe.errors import BadInputError, nearest

        box = _box(name)
        known = box.processes.known()
        if not known:
            raise BadInputError(f"no program of the cluster {box.name} was started: it has no logs")
        if program not in known:
            raise BadInputError(f"unknown program '{program}'{nearest(program, known)} (there are: {', '.join(known)})")
        print(box.processes.log(program, lines))


@app.command(epilog=_EXIT_CODES)
def down(
    name: _Name = None, every: Annotated[bool, typer.Option("--all", help="All clusters, and leftovers.")] = False
) -> None:
    """End a cluster, and leave nothing of it behind.

    Example: aiwfe cluster down
    """
    with clear_errors():
        from aiwfe.cluster.box import boxes, clear_leftovers

        found = boxes() if every else [_box(name)]
        for box in found:
            with progress() as say:
                say(f"ending {box.name}")
                box.down()
            print(f"{box.name} is gone")
        if every and not clear_leftovers() and not found:
            print("no cluster: there is nothing to end")


def _box(name: str | None) -> Box:
    """The cluster of that name, or the only one. Raises BadInputError where that is not clear."""
    from aiwfe.cluster.box import boxes
    from aiwfe.errors import BadInputError, nearest

    found = {box.name: box for box in boxes()}
    if not found:
        raise BadInputError("no cluster: `aiwfe cluster up` starts one")
    if name is None:
        if len(found) > 1:
            raise BadInputError(f"which cluster? Say --name with one of: {', '.join(found)}")
        return next(iter(found.values()))
    if name not in found:
        raise BadInputError(f"no cluster '{name}'{nearest(name, found)} (there are: {', '.join(found)})")
    return found[name]


def _running(box: Box) -> Box:
    """The box, where it runs. Raises BadInputError with what to do about one that was left by a crash."""
    from aiwfe.errors import BadInputError

    if not box.running():
        raise BadInputError(f"the cluster {box.name} does not run: {_to_do(box)}")
    return box


def _to_do(box: Box) -> str:
    return f"`aiwfe cluster up` starts it anew, `aiwfe cluster down --name {box.name}` removes what is left of it"


def _box_of_kubeconfig() -> Box:
    """The only cluster, or of several the one whose kubeconfig is in KUBECONFIG."""
    from aiwfe.cluster.box import boxes
    from aiwfe.errors import BadInputError

    found = {str(box.kubeconfig): box for box in boxes()}
    if len(found) < 2:
        return _box(None)
    if box := found.get(os.environ.get("KUBECONFIG", "")):
        return box
    raise BadInputError(f"which cluster? Set KUBECONFIG to one of: {', '.join(found)}")


def _print_status(found: Sequence[Box]) -> None:
    from rich import box as boxes
    from rich.table import Table

    from aiwfe.cluster.applications import applications
    from aiwfe.cluster.waiting import ClusterError

    console = plain_console()
    for box in found:
        names = box.processes.known()
        ended = [name for name in names if not box.processes.alive(name)]
        console.print(f"{box.name}: dist/{box.environment}, {len(names) - len(ended)} of {len(names)} programs run")
        if names:
            console.print(f"  {', '.join(names)}", soft_wrap=True)
        if ended == names:
            console.print(f"  it does not run: {_to_do(box)}", style="red", soft_wrap=True)
            continue
        if ended:
            said = f"  ended: {', '.join(ended)}; `aiwfe cluster logs PROGRAM` says why"
            console.print(said, style="red", soft_wrap=True)
        console.print(f"  KUBECONFIG={box.kubeconfig}", soft_wrap=True)
        try:
            known = applications(box)
        except ClusterError as error:
            console.print(f"  {error}", style="red", soft_wrap=True)
            continue
        table = Table("Application", "sync", "health", "what is wrong", box=boxes.SIMPLE_HEAD, pad_edge=False)
        for application in known.values():
            table.add_row(application.name, application.sync, application.health, "\n".join(application.trouble[:5]))
        console.print(table)


def _print_findings(found: Sequence[Finding]) -> None:
    from aiwfe.reports.text import print_finding

    console = plain_console()
    for finding in found:
        print_finding(console, finding)
