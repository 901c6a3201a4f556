"""The platform on one machine: a real control plane, Argo CD and Argo Rollouts as plain processes, fed from dist/.

No containers: pods are scheduled, admitted and counted as anywhere, and then KWOK says that they run.

    box.py            one cluster in a box: its folder, its ports; up and down
    processes.py      processes that outlive the command that started them, and are found again
    waiting.py        waits that end, and say what they waited for
    pki.py            certificates and kubeconfigs
    control_plane.py  etcd, the API server, its controllers, the scheduler
    crds.py           every CRD that the platform uses; base.py keeps an etcd that holds them already
    nodes.py          nodes shaped like dist/'s node pools, and what KWOK plays for them
    delivery.py       Argo CD and Argo Rollouts
    repository.py     the Git repository that Argo CD syncs, under the address that dist/ names; gitserver.py serves it
    kubectl.py        what is in the cluster
    applications.py   Argo CD's Applications: bootstrapped, approved, waited for
    verdict.py        what the cluster has against dist/, as findings
    cli.py            `aiwfe cluster`
"""
