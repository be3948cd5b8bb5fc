#!/usr/bin/env bash
# Builds Docker Compose 2 into .cache/compose, for machines whose Docker lacks it: production.test.ts starts
# compose.production.yaml with it. Needs Go 1.24 or later and takes a few minutes. Safe to run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=v2.40.3
bin=$PWD/.cache/compose/docker-compose
if [[ -x "$bin" ]]; then exit; fi
mkdir -p "${bin%/*}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS="-mod=mod -buildvcs=false"
module=github.com/docker/compose/v2
go mod init build-compose
go get "$module/cmd@$version"
go build -ldflags "-s -w -X $module/internal.Version=$version" -o "$bin" "$module/cmd"
