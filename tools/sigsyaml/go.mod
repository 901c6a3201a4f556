module aiwfe.io/platform/tools/sigsyaml

go 1.24

tool aiwfe.io/platform/tools/sigsyaml

require sigs.k8s.io/yaml v1.6.0

require go.yaml.in/yaml/v2 v2.4.2 // indirect
