"""A wrong manifest fails where it is written: file and line, object, path, what is allowed, the nearest spelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cdk8s
import pytest

from charts.constructs.app import App, Chart
from imports import cnpg, istio, k8s
from imports.manifest import ManifestError

# The mistakes below are ones that pyright would refuse too; here they are made on purpose.
Make = Callable[[Chart], object]


def service(**port: Any) -> Make:
    return lambda chart: k8s.Service(
        chart,
        "a",
        metadata={"name": "chat", "namespace": "aiwfe-system"},
        spec={"ports": [port]},  # pyright: ignore[reportArgumentType]
    )


def cluster(**spec: Any) -> Make:
    metadata: k8s.ObjectMeta = {"name": "db", "namespace": "aiwfe-data"}
    return lambda chart: cnpg.Cluster(chart, "a", metadata=metadata, spec=spec)  # pyright: ignore[reportArgumentType]


def destination(**traffic: Any) -> Make:
    metadata: k8s.ObjectMeta = {"name": "chat", "namespace": "aiwfe-system"}
    return lambda chart: istio.DestinationRule(
        chart,
        "a",
        metadata=metadata,
        spec={"host": "chat", "trafficPolicy": traffic},  # pyright: ignore[reportArgumentType]
    )


def config(data: Any, **more: Any) -> Make:
    return lambda chart: k8s.ConfigMap(
        chart, "a", metadata={"name": "chat", "namespace": "aiwfe-system"}, data=data, **more
    )


MISTAKES: dict[str, tuple[Make, str]] = {
    "unknown field": (
        service(name="http", port=80, targetport=80),
        "spec.ports[0]: unknown field 'targetport' (did you mean 'targetPort'?)",
    ),
    "choice": (
        service(port=80, protocol="tcp"),
        "spec.ports[0].protocol: 'tcp' is not one of 'SCTP', 'TCP', 'UDP' (did you mean 'TCP'?)",
    ),
    "type": (service(port="80"), "spec.ports[0].port: '80' is text, must be an integer"),
    "required": (cluster(instances=3, storage={"size": "1Gi"}, managed={"roles": [{}]}), "required field 'name' is missing"),
    "quantity": (
        cluster(instances=3, storage={"size": "1Gi"}, resources={"requests": {"memory": "1gb"}}),
        "spec.resources.requests.memory: '1gb' is not a Kubernetes quantity: write 250m, 2 or 512Mi",
    ),
    "one of": (
        destination(loadBalancer={"simple": "ROUND_ROBIN", "consistentHash": {"useSourceIp": True}}),
        "spec.trafficPolicy.loadBalancer: set exactly one of consistentHash, simple (here: consistentHash, simple)",
    ),
    "map values": (config({"PORT": 8080}), "data.PORT: 8080 is an integer, must be text"),
    "no JSON": (config({"PORTS": {1, 2}}), "Unsupported type: 'set'"),
    "top level": (config({"a": "b"}, immutabel=True), "(top): unknown field 'immutabel' (did you mean 'immutable'?)"),
    "no namespace": (
        lambda chart: k8s.ConfigMap(chart, "a", metadata={"name": "chat"}, data={}),
        "metadata.namespace: missing; a ConfigMap lives in a namespace (spec §4.1)",
    ),
    "namespace of a cluster-scoped kind": (
        lambda chart: k8s.Namespace(chart, "a", metadata={"name": "a", "namespace": "b"}),
        "metadata.namespace: a Namespace belongs to the whole cluster; remove it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_with_its_path_and_what_is_allowed(name: str) -> None:
    make, said = MISTAKES[name]
    with pytest.raises(ManifestError) as refused:
        make(Chart(App("dev"), "apps/chat"))
    assert said in str(refused.value)


def test_the_message_starts_with_the_statement_that_made_the_object() -> None:
    chart = Chart(App("dev"), "apps/chat")
    with pytest.raises(ManifestError) as refused:
        k8s.Service(chart, "a", metadata={"name": "chat", "namespace": "aiwfe-system"}, spec={"typ": "x"})  # pyright: ignore[reportArgumentType]
    line = refused.traceback[0].lineno + 1
    assert str(refused.value).splitlines() == [
        f"tests/charts/test_manifest.py:{line}: Service aiwfe-system/chat (v1) is not valid",
        "  spec: unknown field 'typ' (did you mean 'type'?)",
    ]


def test_all_mistakes_of_an_object_are_said_at_once() -> None:
    with pytest.raises(ManifestError) as refused:
        cluster(instances="3", storag={}, primaryUpdateStrategy="unsupervized")(Chart(App("dev"), "apps/chat"))
    assert len(str(refused.value).splitlines()) == 1 + 3


def test_a_mapping_that_is_changed_after_its_check_is_found_before_writing() -> None:
    app = App("dev")
    data = {"a": "b"}
    k8s.ConfigMap(Chart(app, "apps/chat"), "a", metadata={"name": "chat", "namespace": "aiwfe-system"}, data=data)
    data["a"] = 1  # pyright: ignore[reportArgumentType]
    with pytest.raises(ManifestError, match=r"data\.a: 1 is an integer, must be text"):
        app.files()


def test_an_object_is_made_once_in_an_environment() -> None:
    app = App("dev")
    one, other = Chart(app, "apps/one"), Chart(app, "apps/other")
    k8s.Namespace(one, "a", metadata={"name": "aiwfe-system"})
    with pytest.raises(
        ManifestError, match=r"test_manifest\.py:\d+: Namespace aiwfe-system \(v1\) is made by tests/.*:\d+ already"
    ):
        k8s.Namespace(other, "b", metadata={"name": "aiwfe-system"})


def test_the_same_name_in_two_namespaces_is_two_objects() -> None:
    app = App("dev")
    chart = Chart(app, "apps/one")
    k8s.ServiceAccount(chart, "a", metadata={"name": "chat", "namespace": "aiwfe-system"})
    k8s.ServiceAccount(chart, "b", metadata={"name": "chat", "namespace": "aiwfe-ai"})
    assert app.files()["dev/apps/one.yaml"].count("kind: ServiceAccount") == 2


def test_a_file_has_one_component() -> None:
    app = App("dev")
    Chart(app, "apps/chat")
    with pytest.raises(
        ManifestError, match=r"apps/chat\.yaml is written by tests/charts/test_manifest\.py:\d+ already"
    ):
        Chart(app, "apps/chat")


def test_stock_cdk8s_renders_the_same_objects() -> None:
    chart = Chart(App("dev"), "apps/chat")
    k8s.ConfigMap(chart, "a", metadata={"name": "chat", "namespace": "aiwfe-system"}, data={"a": "b"})
    assert cdk8s.Testing.synth(chart) == [manifest.body for manifest in chart.manifests]
