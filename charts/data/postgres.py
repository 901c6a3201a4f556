"""PostgreSQL (spec §3.4, primary database): a primary and a replica by CloudNativePG, which fails over by itself."""

from __future__ import annotations

from charts.constructs.amounts import Amount, mebibytes
from charts.constructs.app import App, Chart
from charts.constructs.labels import labels
from charts.constructs.pod import resources
from charts.constructs.reference import Service
from charts.constructs.size import Demand, Size
from charts.platform.namespaces import DATA
from charts.platform.priorities import CRITICAL
from envs import Environment
from imports import cnpg

# The Cluster; the operator makes the Services postgres-rw, -ro and -r, and the Secret postgres-app.
SERVICE = Service("postgres", DATA, {"postgres": 5432})

_DATABASE = "aiwfe"


def chart(app: App, env: Environment) -> Demand:
    """Every default of the CRD that decides how the cluster behaves is written out, or Argo CD would see drift."""
    chart = Chart(app, "data/postgres")
    size = Size(replicas=2, cpu="1", memory="2Gi").in_environment(env, SERVICE.name)
    volume: cnpg.ClusterStorage = {"storageClass": env.storage.class_name, "resizeInUseVolumes": True}
    cnpg.Cluster(
        chart,
        "cluster",
        metadata={
            "name": SERVICE.name,
            "namespace": DATA.name,
            "labels": labels(SERVICE.name, "database"),
            # Its volumes go with it: a person says yes, twice (spec §6.1, approval required).
            "annotations": {"argocd.argoproj.io/sync-options": "Prune=confirm,Delete=confirm"},
        },
        spec={
            "instances": size.replicas,
            "imageName": env.images.of_upstream("postgres"),
            "imagePullPolicy": "IfNotPresent",
            "postgresUID": 26,
            "postgresGID": 26,
            "logLevel": "info",
            "inheritedMetadata": {"labels": {"app.kubernetes.io/part-of": "aiwfe"}},  # the operator gives the others
            "bootstrap": {
                "initdb": {
                    "database": _DATABASE,
                    "owner": _DATABASE,
                    "encoding": "UTF8",
                    "localeCollate": "C",
                    "localeCType": "C",
                    "dataChecksums": True,
                }
            },
            "postgresql": {
                "parameters": _parameters(mebibytes(size.memory)),
                # Services -> data layer, encrypted (spec §4.3): the operator's own rules come first, its default last.
                "pg_hba": ["hostssl all all all scram-sha-256", "hostnossl all all all reject"],
            },
            "enableSuperuserAccess": False,
            "storage": {**volume, "size": env.storage.postgres},
            "walStorage": {**volume, "size": env.storage.postgres_wal},  # a full WAL volume leaves the data readable
            "resources": resources(size),
            "priorityClassName": CRITICAL,
            "affinity": {
                "enablePodAntiAffinity": True,
                "podAntiAffinityType": "preferred",  # in a single zone (dev) both still run
                "topologyKey": "topology.kubernetes.io/zone",
            },
            "enablePDB": True,
            "primaryUpdateStrategy": "unsupervised",
            "primaryUpdateMethod": "switchover",
            "minSyncReplicas": 0,
            "maxSyncReplicas": 0,
            "replicationSlots": {
                "highAvailability": {"enabled": True, "slotPrefix": "_cnpg_"},
                "synchronizeReplicas": {"enabled": True},
                "updateInterval": 30,
            },
            # Seconds. Fail over at once; a switchover that takes longer than a minute would rather lose the old
            # primary's last transactions to its rejoin than keep the platform waiting (RTO, spec §9.2).
            "failoverDelay": 0,
            "switchoverDelay": 60,
            "startDelay": 600,
            "stopDelay": 180,
            "smartShutdownTimeout": 30,
        },
    )
    return Demand(DATA.name, _most(env, size))


def _parameters(memory: int) -> dict[str, str]:
    """Settings for so many MiB: a quarter for the buffers, three for the page cache, 200 connections beside them."""
    return {
        "max_connections": "200",
        "shared_buffers": f"{memory // 4}MB",
        "effective_cache_size": f"{memory * 3 // 4}MB",
        "work_mem": "4MB",
        "maintenance_work_mem": f"{memory // 16}MB",
        "random_page_cost": "1.1",  # network SSDs
        "idle_in_transaction_session_timeout": "5min",  # a client that forgot its transaction holds up vacuum
        "log_min_duration_statement": "500ms",  # spec §8.1 leaves 200 for the whole call
        "log_lock_waits": "on",
    }


def _most(env: Environment, size: Size) -> Amount:
    """The instances with their volumes; the Job that makes or joins one runs before it, with as much."""
    storage = mebibytes(env.storage.postgres) + mebibytes(env.storage.postgres_wal)
    pod = size.of_pod(mesh=DATA.mesh)
    return (pod + Amount(storage=storage)) * size.replicas
