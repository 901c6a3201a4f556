"""aiwfe: the tools that read dist/, the YAML that Argo CD applies.

Nothing here imports charts/, argocd/ or envs/: what is proven is what lies in dist/, not the program that wrote it.

    dist.py        reads dist/ into a Platform of Environments of Objects (objects.py)
    proofs/        rules over those objects, within and across environments; `aiwfe check` runs them
    findings.py    what a proof finds; waivers.py what is accepted for a while; reports/ how it is printed
    capacity/      what the pods ask for against what the quotas allow; `aiwfe capacity` prints it
    quantity.py    Kubernetes quantities as exact numbers
    cluster/       the same YAML in a real control plane; `aiwfe cluster`
    gotools.py     tools that exist only in Go, built from the pinned modules under tools/; `aiwfe tools` (tools_cli.py)
    console.py     how commands print and end
    cli.py         the `aiwfe` command
"""
