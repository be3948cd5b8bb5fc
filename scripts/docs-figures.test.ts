/** Figures that pages tell in the middle of a sentence are those of the code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configFor } from "../shared/config/load.ts";

const gateway = configFor("gateway", { open: true });
const pingS = gateway.pingIntervalMs / 1_000;
const idleS = gateway.idleTimeoutMs / 1_000;
const keepAliveS = gateway.sseKeepaliveMs / 1_000;

test.each([
  ["docs/protocol.md", `The gateway sends a WebSocket ping every ${pingS} seconds.`],
  ["docs/protocol.md", `A client from which nothing comes for ${idleS} seconds`],
  ["docs/protocol.md", `A comment line (\`:\`) comes every ${keepAliveS} seconds.`],
  ["docs/security.md", `a ping every ${pingS} seconds`],
  ["docs/kubernetes.md", `quiet for ${Math.max(pingS, keepAliveS)} s`],
  ["deploy/helm/ovation/README.md", `quiet for ${Math.max(pingS, keepAliveS)} s`],
])("%s says: %s", (page, sentence) => {
  const text = readFileSync(join(import.meta.dirname, "..", page), "utf8").replace(/\s+/g, " ");
  expect(text).toContain(sentence);
});
