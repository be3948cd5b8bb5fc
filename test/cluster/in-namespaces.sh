#!/usr/bin/env bash
# Runs a command in its own network, mount and process namespaces, which end with it, so that a
# Kubernetes with a node can be started there. Needs root and Docker, whose images the pods run: where
# images can't be pulled, deploy/docker/local-base.sh builds the base images.
#
#   test/cluster/in-namespaces.sh COMMAND [ARGUMENT ...]
set -euo pipefail
images=(ovation:0.1.0 nats:2.12.15)

if [[ "${1:-}" != --inside ]]; then
  folder=$(mktemp -d)
  tidy() {
    rm -rf "$folder"
    # Control groups outlive their processes.
    for controller in /sys/fs/cgroup/ /sys/fs/cgroup/*/; do
      [[ ! -d "$controller/kubepods" ]] || find "$controller/kubepods" -depth -type d -exec rmdir {} +
    done
  }
  trap tidy EXIT
  root=$(dirname "${BASH_SOURCE[0]}")/../..
  tools=$root/.cache/kubernetes
  for tool in kubelet pause coredns; do
    [[ -x "$tools/$tool" ]] || {
      echo "$tool is missing: run test/chart/install-tools.sh --pods" >&2
      exit 1
    }
  done
  # Without it the node waits for its network forever.
  [[ -x /usr/lib/cni/bridge ]] || {
    echo "/usr/lib/cni/bridge is missing: install containernetworking-plugins" >&2
    exit 1
  }
  # Built from this tree: pods must not run an older image.
  docker build --quiet --file "$root/deploy/docker/Dockerfile" --tag "${images[0]}" "$root" >/dev/null
  mkdir "$folder/images"
  for image in "${images[@]}"; do
    docker save --output "$folder/images/${image%%:*}.tar" "$image"
  done
  tar --create --directory "$tools" pause |
    docker import --change 'ENTRYPOINT ["/pause"]' - ovation-test-pause:1 >/dev/null
  docker save --output "$folder/images/pause.tar" ovation-test-pause:1
  export OVATION_TEST_CLUSTER=$folder
  unshare --net --mount --pid --fork --kill-child --mount-proc "${BASH_SOURCE[0]}" --inside "$@"
  exit
fi

shift
# Containers see the node's mounts; sockets, logs and address leases are private to the node.
mount --make-rshared /
for place in /run /var/log /var/lib/cni; do
  mkdir -p "$place"
  mount -t tmpfs tmpfs "$place"
done
# A node needs an address and a default route, even if it leads nowhere.
ip link set lo up
ip link add eth0 type veth peer name nobody
ip address add 10.98.0.1/24 dev eth0
ip link set eth0 up
ip link set nobody up
ip route add default dev eth0
sysctl --quiet --write net.ipv4.ip_forward=1
"$@"
