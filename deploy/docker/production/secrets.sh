#!/bin/sh
# Makes the secrets of compose.production.yaml: prints its environment file, and writes api-keys.json.
#   sh production/secrets.sh live.example > production.env
set -eu
host=${1:?the host name that viewers connect to}
cd "$(dirname "$0")"
echo "OVATION_HOST=$host"
echo "OVATION_AUTH_SECRET=$(openssl rand -hex 32)"
# Each begins with a letter: nats-server takes what begins like a number for one.
for user in ADMIN GATEWAY DISPATCHER HOOKS PUBLISHER OBSERVER CONSUMER SYSTEM; do
  echo "NATS_${user}_PASSWORD=p$(openssl rand -hex 24)"
done
if [ ! -e api-keys.json ]; then
  key=$(openssl rand -hex 32)
  hash=$(printf %s "$key" | openssl dgst -sha256 -r | cut -d ' ' -f 1)
  printf '[{ "name": "backend", "sha256": "%s", "scopes": ["any-actor", "moderate"] }]\n' "$hash" >api-keys.json
  chmod 644 api-keys.json
  echo "The API key of your backend, which is kept nowhere: $key" >&2
fi
