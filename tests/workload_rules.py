"""What the specification demands of pods and of what keeps them: the rules that test_workloads.py holds dist/ to.

A rule is a function: the objects of an environment -> complaints, each with file, line, object and reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from aiwfe.objects import Body, Object, at, mapping, mappings, selects, text, values

Objects = Sequence[Object]
Rule = Callable[[Objects], list[str]]

STATELESS = ("Deployment", "Rollout")
SERVING = (*STATELESS, "StatefulSet")
DATABASES = ("Cluster", "RedisCluster")
ZONE = "topology.kubernetes.io/zone"

# Spec §4.3, "Service Accounts", by the workloads of spec §4.1 that they are for.
ACCOUNTS = {"webui": "aiwfe-webui", "api-gateway": "aiwfe-api", "agent-engine": "aiwfe-agents"}

# Spec §4.1, each with its Pod Security level and its istio-injection label: whatever runs the platform's own services
# and data is restricted (spec §4.3); the other three hold agents that work on the node.
NAMESPACES = {
    "aiwfe-system": ("restricted", "enabled"),
    "aiwfe-data": ("restricted", "disabled"),
    "aiwfe-ai": ("restricted", "enabled"),
    "aiwfe-integrations": ("restricted", "enabled"),
    "istio-system": ("privileged", None),
    "monitoring": ("privileged", None),
    "gitops": ("privileged", None),
}

# Pods that may use more memory than they request (docs/adr/0003: it scales on memory).
ABOVE_REQUEST = ("agent-engine",)

# What the scheduler counts.
COUNTED: Sequence[str] = ("cpu", "memory", "ephemeral-storage")

# What the Pod Security level `restricted` lets a pod mount.
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def of_kind(objects: Objects, *kinds: str) -> Iterator[Object]:
    return (item for item in objects if item.kind in kinds)


def complaint(item: Object, reason: str) -> str:
    return f"{item.file}:{item.line}: {item.local}: {reason}"


def containers(item: Object) -> Iterator[tuple[str, Body]]:
    """Every container of a workload's pods, with its name."""
    for container in item.pod.all_containers if item.pod else ():
        yield text(container, "name"), container


def not_root(objects: Objects) -> list[str]:
    """Pods run as a user other than root, under the runtime's seccomp profile (spec §4.3, Pod Security)."""
    found: list[str] = []
    for item in objects:
        if not item.pod:
            continue
        pod = mapping(item.pod.spec, "securityContext")
        if pod.get("runAsNonRoot") is not True:
            found.append(complaint(item, "the pod's runAsNonRoot is not true"))
        if at(pod, "seccompProfile", "type") != "RuntimeDefault":
            found.append(complaint(item, "the pod's seccompProfile is not RuntimeDefault"))
        for name, own in [("the pod", pod), *((n, mapping(c, "securityContext")) for n, c in containers(item))]:
            if own.get("runAsUser") == 0 or own.get("runAsNonRoot") is False:
                found.append(complaint(item, f"{name} runs as root"))
            if at(own, "seccompProfile", "type") not in (None, "RuntimeDefault"):
                found.append(complaint(item, f"{name} has a seccompProfile of its own"))
    return found


def no_privileges(objects: Objects) -> list[str]:
    """Containers have no privileges, no way to more of them, and a root file system that is read only (spec §4.3)."""
    found: list[str] = []
    for item in objects:
        for name, container in containers(item):
            own = mapping(container, "securityContext")
            if own.get("allowPrivilegeEscalation") is not False:
                found.append(complaint(item, f"{name}: allowPrivilegeEscalation is not false"))
            if own.get("privileged"):
                found.append(complaint(item, f"{name} is privileged"))
            if values(own, "capabilities", "drop") != ["ALL"]:
                found.append(complaint(item, f"{name}: capabilities.drop is not [ALL]"))
            if at(own, "capabilities", "add"):
                found.append(complaint(item, f"{name} adds capabilities"))
            if own.get("readOnlyRootFilesystem") is not True:
                found.append(complaint(item, f"{name}: readOnlyRootFilesystem is not true"))
    return found


def nothing_of_the_node(objects: Objects) -> list[str]:
    """Pods share no namespace, port or folder with their node (Pod Security `restricted`)."""
    found: list[str] = []
    for item in objects:
        if not item.pod:
            continue
        spec = item.pod.spec
        found += [complaint(item, f"{f} is set") for f in ("hostNetwork", "hostPID", "hostIPC") if spec.get(f)]
        for volume in mappings(spec, "volumes"):
            found += [
                complaint(item, f"volume {volume['name']} is a {kind}") for kind in volume.keys() - {"name"} - VOLUMES
            ]
        for name, container in containers(item):
            if any("hostPort" in port for port in mappings(container, "ports")):
                found.append(complaint(item, f"{name} takes a hostPort"))
    return found


def no_token(objects: Objects) -> list[str]:
    """No pod gets a token for the API server (docs/service-contract.md)."""
    found = [
        complaint(item, "the pod's automountServiceAccountToken is not false")
        for item in objects
        if item.pod and item.pod.spec.get("automountServiceAccountToken") is not False
    ]
    return found + [
        complaint(item, "automountServiceAccountToken is not false")
        for item in of_kind(objects, "ServiceAccount")
        if item.body.get("automountServiceAccountToken") is not False
    ]


def own_account(objects: Objects) -> list[str]:
    """Every workload has a ServiceAccount that no other has, called as the spec calls it (spec §4.3)."""
    found: list[str] = []
    accounts = {(item.namespace, item.name) for item in of_kind(objects, "ServiceAccount")}
    taken: dict[tuple[str, str], Object] = {}
    for item in objects:
        if not item.pod:
            continue
        name = text(item.pod.spec, "serviceAccountName")
        key = (item.namespace, name)
        if key not in accounts:
            found.append(complaint(item, f"there is no ServiceAccount {name!r} in its namespace"))
        elif key in taken:
            found.append(complaint(item, f"ServiceAccount {name} is that of {taken[key].local} too"))
        if item.name in ACCOUNTS and name != ACCOUNTS[item.name]:
            found.append(complaint(item, f"its ServiceAccount is called {ACCOUNTS[item.name]} in spec §4.3"))
        taken.setdefault(key, item)
    return found


def probed(objects: Objects) -> list[str]:
    """Each container says when it has started, when it is ready and when it hangs, on a port that it declares."""
    found: list[str] = []
    for item in of_kind(objects, *SERVING):
        for container in item.pod.containers if item.pod else ():
            ports = {port.get(field) for port in mappings(container, "ports") for field in ("name", "containerPort")}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                ways = (at(container, probe, way, "port") for way in ("httpGet", "grpc", "tcpSocket"))
                asked = next((port for port in ways if port is not None), None)
                if asked is None:
                    found.append(complaint(item, f"{container['name']} has no {probe} that asks a port"))
                elif asked not in ports:
                    found.append(
                        complaint(item, f"{container['name']}: {probe} asks port {asked}, which is not declared")
                    )
    return found


def resources(objects: Objects) -> list[str]:
    """Requests for all that the scheduler counts, memory limited to its request, and no CPU limit (docs/adr/0003)."""
    found: list[str] = []
    for item in objects:
        asked = [(name, mapping(container, "resources"), COUNTED) for name, container in containers(item)]
        if item.kind in DATABASES:
            asked.append((item.name, mapping(item.body, "spec", "resources"), COUNTED[:2]))  # its disk is a volume
        for name, said, wanted in asked:
            requests, limits = mapping(said, "requests"), mapping(said, "limits")
            found += [
                complaint(item, f"{name} requests no {resource}") for resource in wanted if resource not in requests
            ]
            if "memory" not in limits:
                found.append(complaint(item, f"{name} has no memory limit"))
            elif limits["memory"] != requests.get("memory") and item.name not in ABOVE_REQUEST:
                found.append(complaint(item, f"{name}: its memory limit is not its request"))
            if "cpu" in limits:
                found.append(complaint(item, f"{name} has a CPU limit"))
    return found


def disruption_budget(objects: Objects) -> list[str]:
    """One PodDisruptionBudget for each workload, and one that lets a drain move on (spec §8.2)."""
    found: list[str] = []
    budgets = list(of_kind(objects, "PodDisruptionBudget"))
    for item in of_kind(objects, *SERVING):
        labels = item.pod.labels if item.pod else {}
        its = [
            budget
            for budget in budgets
            if budget.namespace == item.namespace and selects(mapping(budget.body, "spec", "selector"), labels)
        ]
        if len(its) != 1:
            found.append(complaint(item, f"{len(its)} PodDisruptionBudgets select its pods"))
    for budget in budgets:
        spec = mapping(budget.body, "spec")
        if "minAvailable" in spec or spec.get("maxUnavailable") in (None, 0, "0%"):
            found.append(complaint(budget, "a drain may never move on: write maxUnavailable, 1 or more"))
        if spec.get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            found.append(complaint(budget, "pods that are not ready hold a drain up: AlwaysAllow their eviction"))
    for database in of_kind(objects, "Cluster"):
        if at(database.body, "spec", "enablePDB") is not True:
            found.append(complaint(database, "enablePDB is not true"))
    return found


def zone_spread(objects: Objects) -> list[str]:
    """Pods are even over the zones: those without volumes by force, those with one where that is possible."""
    found: list[str] = []
    for item in of_kind(objects, *SERVING):
        wanted = "DoNotSchedule" if item.kind in STATELESS else "ScheduleAnyway"
        spreads = [
            spread
            for spread in mappings(item.pod.spec if item.pod else {}, "topologySpreadConstraints")
            if spread.get("topologyKey") == ZONE and spread.get("maxSkew") == 1
        ]
        if [spread.get("whenUnsatisfiable") for spread in spreads] != [wanted]:
            found.append(complaint(item, f"its pods are not spread over zones with {wanted}"))
        elif not selects(mapping(spreads[0], "labelSelector"), item.pod.labels if item.pod else {}):
            found.append(complaint(item, "its spread over zones does not count its own pods"))
    return found


def drained(objects: Objects) -> list[str]:
    """Each container waits before it stops, while its Service forgets it, and for less than its grace period."""
    found: list[str] = []
    for item in of_kind(objects, *SERVING):
        grace = item.pod.spec.get("terminationGracePeriodSeconds", 30) if item.pod else 0
        for container in item.pod.containers if item.pod else ():
            sleep = at(container, "lifecycle", "preStop", "sleep", "seconds")
            if not sleep:
                found.append(complaint(item, f"{container['name']} has no preStop sleep"))
            elif sleep >= grace:
                found.append(
                    complaint(item, f"{container['name']} sleeps {sleep} s of the {grace} s that it has to stop")
                )
    return found


def priority(objects: Objects) -> list[str]:
    """Every workload and database has a PriorityClass of the platform."""
    classes = {item.name for item in of_kind(objects, "PriorityClass")}
    said = [(item, text(item.pod.spec, "priorityClassName")) for item in objects if item.pod]
    said += [(item, text(item.body, "spec", "priorityClassName")) for item in of_kind(objects, "Cluster")]
    return [complaint(item, f"there is no PriorityClass {name!r}") for item, name in said if name not in classes]


PRECIOUS = ("StatefulSet", *DATABASES, "NodePool", "StorageClass", "Namespace", "PersistentVolumeClaim")


def asked_before_pruning(objects: Objects) -> list[str]:
    """What takes data or many pods with it is deleted only after a person has said yes."""
    found: list[str] = []
    for item in of_kind(objects, *PRECIOUS):
        options = str(item.annotations.get("argocd.argoproj.io/sync-options", "")).split(",")
        found += [complaint(item, f"has no {o}") for o in ("Prune=confirm", "Delete=confirm") if o not in options]
    return found


def namespaces(objects: Objects) -> list[str]:
    """The seven of spec §4.1, each with its Pod Security level and its istio-injection label."""
    found: list[str] = []
    there = {item.name: item for item in of_kind(objects, "Namespace")}
    for name, (level, injection) in NAMESPACES.items():
        if not (item := there.pop(name, None)):
            found.append(f"dist/{objects[0].env}/platform: Namespace/{name}: is missing (spec §4.1)")
            continue
        if (said := item.labels.get("pod-security.kubernetes.io/enforce")) != level:
            found.append(complaint(item, f"enforces Pod Security {said}, not {level}"))
        if (said := item.labels.get("istio-injection")) != injection:
            found.append(complaint(item, f"istio-injection is {said}, not {injection}"))
    return found + [complaint(item, "is none of spec §4.1") for item in there.values()]


def bounded(objects: Objects) -> list[str]:
    """Each of the four aiwfe-* namespaces has one ResourceQuota and one LimitRange (spec §4.2)."""
    found: list[str] = []
    for item in of_kind(objects, "Namespace"):
        if item.name.startswith("aiwfe-"):
            for kind in ("ResourceQuota", "LimitRange"):
                count = sum(bound.namespace == item.name for bound in of_kind(objects, kind))
                if count != 1:
                    found.append(complaint(item, f"has {count} objects of kind {kind}"))
    return found


def one_hand_on_replicas(objects: Objects) -> list[str]:
    """The autoscaler owns the number of pods where there is one, and Git where there is none."""
    scaled = {
        (
            item.namespace,
            at(item.body, "spec", "scaleTargetRef", "kind"),
            at(item.body, "spec", "scaleTargetRef", "name"),
        )
        for item in of_kind(objects, "HorizontalPodAutoscaler")
    }
    found: list[str] = []
    for item in of_kind(objects, *SERVING):
        fixed = "replicas" in mapping(item.body, "spec")
        if fixed and (item.namespace, item.kind, item.name) in scaled:
            found.append(complaint(item, "has replicas beside an autoscaler, which Argo CD would set back"))
        if not fixed and (item.namespace, item.kind, item.name) not in scaled:
            found.append(complaint(item, "has neither replicas nor an autoscaler"))
    return found


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        not_root, no_privileges, nothing_of_the_node, no_token, own_account, probed, resources, disruption_budget,
        zone_spread, drained, priority, asked_before_pruning, namespaces, bounded, one_hand_on_replicas,
    )
}  # fmt: skip
