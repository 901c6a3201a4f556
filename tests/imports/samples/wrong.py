"""Manifests with one mistake a line, and what the type checker says of it (tests/imports/test_samples.py).

The mistakes are on purpose: do not mend them.
"""

from __future__ import annotations

from constructs import Construct

from imports import argocd, cnpg, istio, k8s, redis, rollouts

# fmt: off
METADATA: k8s.ObjectMeta = {"name": "chat", "namespace": "aiwfe-system"}
NAMELESS: k8s.ObjectMeta = {"namespace": "aiwfe-system"}  # wrong: "name" is required in "ObjectMeta"
FIELD: k8s.ServicePort = {"port": 80, "prtocol": "TCP"}  # wrong: "prtocol" is an undefined item in type "ServicePort"
CASE: k8s.ServicePort = {"port": 80, "protocol": "tcp"}  # wrong: "Literal['tcp']" is not assignable to type "Literal['SCTP', 'TCP', 'UDP']"
TEXT: k8s.ServicePort = {"port": "80"}  # wrong: "Literal['80']" is not assignable to "int"
MISSING: k8s.Probe = {"httpGet": {"path": "/ready"}}  # wrong: "port" is required in "HTTPGetAction"
NUMBER: k8s.EnvVar = {"name": "PORT", "value": 8080}  # wrong: "Literal[8080]" is not assignable to "str"
NOTHING: k8s.ResourceRequirements = {"requests": {"cpu": None}}  # wrong: "None" is not assignable to type "Quantity"
KEYWORD: k8s.NetworkPolicyIngressRule = {"form": []}  # wrong: "form" is an undefined item in type "NetworkPolicyIngressRule"
LIST: k8s.PodSpec = {"containers": {"name": "chat"}}  # wrong: "dict[str, str]" is not assignable to "Sequence[Container]"
CHOICE: cnpg.ClusterSpec = {"primaryUpdateStrategy": "unsupervized"}  # wrong: "Literal['unsupervized']" is not assignable to type "Literal['unsupervised', 'supervised']"
DEEP: cnpg.ClusterSpec = {"bootstrap": {"initdb": {"import": {"typ": "monolith"}}}}  # wrong: "typ" is an undefined item in type "ClusterBootstrapInitdbImport"
SHARED: cnpg.ClusterSpec = {"affinity": {"tolerations": [{"efect": "NoSchedule"}]}}  # wrong: "efect" is an undefined item in type "Toleration"
FRACTION: redis.RedisClusterSpec = {"clusterSize": 3.5, "kubernetesConfig": {"image": "redis:8"}}  # wrong: "float" is not assignable to "int"
ITEM: rollouts.RolloutSpec = {"strategy": {"canary": {"steps": [{"setWieght": 10}]}}}  # wrong: "setWieght" is an undefined item in type "RolloutStrategyCanaryStep"
MODE: istio.PeerAuthenticationSpec = {"mtls": {"mode": "strict"}}  # wrong: "Literal['strict']" is not assignable to type "Literal['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']"
SPELLED: argocd.ApplicationSpec = {"project": "apps", "destination": {}, "source": {"repoUrl": "x"}}  # wrong: "repoUrl" is an undefined item


def make(scope: Construct) -> None:
    k8s.Namespace(scope, "a", metadata={})  # wrong: "name" is required in "ObjectMeta"
    k8s.ConfigMap(scope, "b", metadata=METADATA, data={"PORT": 8080})  # wrong: "Literal[8080]" is not assignable to "str"
    k8s.ConfigMap(scope, "c", metadata=METADATA, dta={})  # wrong: No parameter named "dta"
    k8s.ConfigMap(scope, "d", data={})  # wrong: Argument missing for parameter "metadata"
    k8s.Service(scope, "e", metadata=METADATA, spec={"ports": [{"name": "a"}]})  # wrong: "port" is required in "ServicePort"
    cnpg.Cluster(scope, "f", metadata=METADATA)  # wrong: Argument missing for parameter "spec"
    cnpg.Cluster(scope, "g", metadata=METADATA, spec={"instances": "3"})  # wrong: "Literal['3']" is not assignable to "int"
    cnpg.Cluster(scope, "h", metadata=METADATA, spec={"storage": {"size": 20}})  # wrong: "Literal[20]" is not assignable to "str"
    k8s.Deployment(scope, id="i", metadata=METADATA, spec={})  # wrong: Expected 1 more positional argument
    k8s.Deploment(scope, "j", metadata=METADATA, spec={})  # wrong: "Deploment" is not a known attribute of module
