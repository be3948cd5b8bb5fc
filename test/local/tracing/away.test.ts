/** A collector that can't be reached, or never answers, delays nobody. */

import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../kit/nats/free-port.ts";
import { startTestNats, type TestNats } from "../../support/nats.ts";
import { spawnRole } from "../../support/process.ts";
import { metric } from "../../support/stack.ts";
import { newTrace, postTraced } from "../../support/traces.ts";

/** More spans than may wait. */
const PUBLISHES = 2_500;
const AT_ONCE = 50;

let nats: TestNats;
let silent: Server;

beforeAll(async () => {
  nats = await startTestNats();
  silent = createServer((socket) => socket.on("error", () => undefined).resume());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await new Promise((resolve) => silent.close(resolve));
  await nats?.stop();
});

test.each([
  ["refuses connections", freePort],
  ["never answers", async () => (silent.address() as AddressInfo).port],
])(
  "one that %s: publishes go on, spans are dropped and counted, the exit is clean",
  async (_, port) => {
    const tracing = ["--otlp-endpoint", `http://127.0.0.1:${await port()}`];
    const dispatcher = await spawnRole("dispatcher", nats.url, tracing);
    const gateway = await spawnRole("gateway", nats.url, tracing);
    for (let done = 0; done < PUBLISHES; done += AT_ONCE) {
      const { traceparent } = newTrace();
      const publishes = Array.from({ length: AT_ONCE }, () =>
        postTraced(gateway.port, "away", { kind: "like" }, { traceparent }),
      );
      for (const { status } of await Promise.all(publishes)) expect(status).toBe(200);
    }
    expect(await metric(gateway, "ovation_trace_spans_waiting")).toBeLessThanOrEqual(2_048);
    const lost = await metric(gateway, "ovation_trace_spans_total");
    expect(lost).toBeGreaterThanOrEqual(PUBLISHES - 2_048);
    const complaints = gateway.output.filter((line) => line.includes("spans were lost"));
    expect(complaints).toHaveLength(1);
    expect(await gateway.stop()).toBe(0);
    expect(await dispatcher.stop()).toBe(0);
  },
);
