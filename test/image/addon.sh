#!/usr/bin/env bash
# Runs the socket tests on the uWebSockets.js that the image ships, in a container of the same
# Debian; `npm test` runs them on the development build. Needs Docker and the image:
#
#   test/image/addon.sh [FILE ...]      files of test/integration, test/local and test/conformance, by part of their names
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

files=("$@")
((${#files[@]} > 0)) || files=(handshake delivery bad-input-websocket bad-input-http flood drain
    kept-connection pipelining head-limit base-path listen-hosts)
nats=$(command -v nats-server) || { echo "addon: nats-server is not on the PATH" >&2; exit 1; }
# An earlier run may have left it, and the container can't remove anything.
rm -rf node_modules/.vitest-cache
addon=$(mktemp -d)
container=""
cleanup() {
  rm -rf "$addon"
  if [[ -n "$container" ]]; then docker rm --force "$container" >/dev/null; fi
}
trap cleanup EXIT

container=$(docker create ovation:0.1.0)
docker cp "$container:/app/node_modules/." "$addon"
modules=/ovation/node_modules
docker run --rm --network none --tmpfs /ovation/.cache:exec \
  --volume "$PWD:/ovation:ro" --workdir /ovation \
  --volume "$addon/uWebSockets.js:$modules/uWebSockets.js:ro" \
  --volume "$addon/@uwsjs:/node_modules/@uwsjs:ro" \
  --volume "$nats:/usr/local/bin/nats-server:ro" \
  node:22-trixie-slim node node_modules/vitest/vitest.mjs run --configLoader runner --project nats-2.9 --project local --project conformance "${files[@]}"
