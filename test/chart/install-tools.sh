#!/usr/bin/env bash
# Gets what the chart's tests need into .cache/kubernetes: Helm, a Kubernetes API server with its
# etcd, the definitions of the custom resources that the chart creates, and two programs that judge
# manifests without a cluster: kubeconform, with the schemas of that Kubernetes, and kube-score.
# Needs Go 1.26 or later and takes about 10 minutes on two cores. Safe to run again.
#
#   test/chart/install-tools.sh          for npm run test:chart
#   test/chart/install-tools.sh --pods   for npm run test:cluster as well: what runs pods
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

helm=v3.19.0
kubernetes=v1.34.0
etcd=v3.6.13
gateway_api=v1.4.1
prometheus_operator=v0.85.0
keda=v2.21.0
kubeconform=v0.8.0
kube_score=v1.20.0
coredns=v1.12.4
bin=$PWD/.cache/kubernetes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$bin"
export GOFLAGS="-mod=mod -buildvcs=false"

# build FILE PACKAGE VERSION LDFLAGS
build() {
  if [[ -x "$bin/$1" ]]; then return; fi
  go get "$2@$3"
  go build -ldflags "-s -w $4" -o "$bin/$1" "$2"
}

module() {
  mkdir "$work/$1"
  cd "$work/$1"
  go mod init "build-$1"
}

# definition PLURAL MODULE FILE: as published by its project.
definition() {
  local folder
  folder=$(go mod download -json "$2" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  install -m 644 "$folder/$3" "$bin/$1.yaml"
}

definition httproutes "sigs.k8s.io/gateway-api@$gateway_api" \
  config/crd/standard/gateway.networking.k8s.io_httproutes.yaml
definition servicemonitors "github.com/prometheus-operator/prometheus-operator@$prometheus_operator" \
  example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml
definition prometheusrules "github.com/prometheus-operator/prometheus-operator@$prometheus_operator" \
  example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml
definition scaledobjects "github.com/kedacore/keda/v2@$keda" \
  config/crd/bases/keda.sh_scaledobjects.yaml

# What kubeconform's schemas are made of.
source=$(go mod download -json "k8s.io/kubernetes@$kubernetes" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
install -m 644 "$source/api/openapi-spec/swagger.json" "$bin/swagger.json"

module helm
build helm helm.sh/helm/v3/cmd/helm "$helm" ""

module kubeconform
build kubeconform github.com/yannh/kubeconform/cmd/kubeconform "$kubeconform" ""

module kube-score
build kube-score github.com/zegl/kube-score/cmd/kube-score "$kube_score" ""

module etcd
build etcd go.etcd.io/etcd/server/v3 "$etcd" ""

# Kubernetes requires its own modules as v0.0.0: their versions follow its own.
module kubernetes
manifest=$(go mod download -json "k8s.io/kubernetes@$kubernetes" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
parts=$(awk '$1 ~ /^k8s.io\// && $2 == "v0.0.0" { print $1 }' "$manifest" | sort -u)
for part in $parts; do go mod edit -replace "$part=$part@${kubernetes/v1/v0}"; done
version=k8s.io/component-base/version
IFS=. read -r major minor _ <<<"${kubernetes#v}"
programs=(kube-apiserver)
if [[ "${1:-}" == --pods ]]; then
  programs+=(kube-controller-manager kube-scheduler kubelet kube-proxy)
fi
for program in "${programs[@]}"; do
  build "$program" "k8s.io/kubernetes/cmd/$program" "$kubernetes" \
    "-X $version.gitVersion=$kubernetes -X $version.gitMajor=$major -X $version.gitMinor=$minor"
done
if [[ "${1:-}" == --pods ]]; then
  # The container that holds a pod's namespaces.
  gcc -Os -static -o "$bin/pause" "$source/build/pause/linux/pause.c"
  module coredns
  build coredns github.com/coredns/coredns "$coredns" ""
fi
