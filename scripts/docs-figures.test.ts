/** Figures in the sentences of pages match the code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configFor } from "../shared/config/load.ts";

const gateway = configFor("gateway", { open: true });
const pingS = gateway.pingIntervalMs / 1_000;
const idleS = gateway.idleTimeoutMs / 1_000;
const keepAliveS = gateway.sseKeepaliveMs / 1_000;
/** How long a connection may carry nothing. */
const quietS = Math.max(pingS, keepAliveS);

test.each([
  ["docs/protocol.md", `The gateway sends a WebSocket ping every ${pingS} seconds.`],
  ["docs/protocol.md", `A client from which nothing comes for ${idleS} seconds`],
  ["docs/protocol.md", `A comment line (\`:\`) comes every ${keepAliveS} seconds.`],
  ["docs/security.md", `a ping every ${pingS} seconds`],
  ["docs/kubernetes.md", `quiet for ${quietS} s`],
  ["docs/clients.md", `a comment line, every ${quietS} seconds`],
  ["docs/clients.md", `nothing has come for ${2 * quietS} seconds`],
  ["docs/proxies.md", `sends something on every connection every ${quietS} seconds`],
  ["deploy/proxies/nginx.conf", `longer than a connection is quiet: that is ${quietS} s`],
  ["deploy/proxies/haproxy.cfg", `longer than a connection is quiet: that is ${quietS} s`],
  ["deploy/proxies/apache.conf", `longer than a connection is quiet: that is ${quietS} s`],
  ["deploy/proxies/envoy.yaml", `longer than a connection is quiet: that is ${quietS} s`],
  ["deploy/helm/ovation/README.md", `quiet for ${quietS} s`],
])("%s says: %s", (page, sentence) => {
  const text = readFileSync(join(import.meta.dirname, "..", page), "utf8").replace(/\s+/g, " ");
  expect(text).toContain(sentence);
});
