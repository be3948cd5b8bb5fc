/**
 * A part of the gateway fails, by a throw or a rejected promise: the client gets `internal` or is
 * closed, the fault is logged once, and nobody else notices.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Hub } from "../../gateway/api/hub.ts";
import type { GatewayServices } from "../../gateway/api/services.ts";
import { OPEN_GRANT } from "../../gateway/auth/grant.ts";
import { configFor } from "../../shared/config/load.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { servicesWithoutNats } from "../support/gateway-services.ts";
import { ask, postBytes } from "../support/raw.ts";
import { newTrace, postTraced } from "../support/traces.ts";
import { TestEventStream, TestSocket } from "../support/viewer.ts";

const config = configFor("gateway", { host: "127.0.0.1", port: 0 });

/** Either way in which a part can fail. */
const WAYS = [
  [
    "throws",
    () => {
      throw new Error("faulty");
    },
  ],
  ["rejects", () => Promise.reject(new Error("faulty"))],
] as const;

/** The parts that handlers use, each of which fails this way. */
function faultyServices(fail: () => never | Promise<never>, logged: unknown[]): GatewayServices {
  const log = { ...silentLog, error: (entry: unknown) => logged.push(entry) };
  return { ...servicesWithoutNats(config, OPEN_GRANT, fail), log };
}

describe.each(WAYS)("a part that %s", (_way, fail) => {
  let hub: Hub;
  let services: GatewayServices;
  let logged: unknown[];
  let port: number;
  let other: TestSocket;

  beforeEach(async () => {
    logged = [];
    services = faultyServices(fail, logged);
    hub = new Hub(services, config);
    port = await hub.start();
    other = await TestSocket.connect(port);
  });
  afterEach(async () => {
    expect(logged).toHaveLength(1);
    const counts = Object.values(services.connections.refused);
    expect(counts.flatMap((codes) => codes.get("internal") ?? [])).toEqual([1]);
    expect(await other.ask("ping")).toMatchObject({ op: "result" });
    await other.close();
    hub.stop();
    expect(services.connections.opened).toBe(services.connections.closed);
  });

  test.each([
    ["subscribe", { video: "ok-a" }],
    ["publish", { video: "ok-a", kind: "like" }],
  ])("makes a %s fail with an error, and the connection stays usable", async (op, fields) => {
    const viewer = await TestSocket.connect(port, "msgpack");
    expect(await viewer.ask(op, fields)).toMatchObject({ op: "error", code: "internal" });
    expect(await viewer.ask("ping")).toMatchObject({ op: "result" });
    await viewer.close();
  });

  test("makes a publish over HTTP fail with an error", async () => {
    const { status, error } = await postBytes(port, "ok-a", '{"kind":"like"}');
    expect([status, error["code"]]).toEqual([500, "internal"]);
    // The cause goes only into the log.
    expect(JSON.stringify(error)).not.toContain("faulty");
  });

  test("is logged with the trace id of the request", async () => {
    const { traceId, traceparent } = newTrace();
    await postTraced(port, "ok-a", { kind: "like" }, { traceparent });
    expect(logged).toMatchObject([{ traceId }]);
  });

  test.each([
    ["GET", "/v1/videos/ok-a/history?limit=1"],
    ["DELETE", "/v1/videos/ok-a/events/e1"],
  ])("makes a %s of %s fail with an error", async (method, path) => {
    const { status, error } = await ask(port, { method, path });
    expect([status, error["code"]]).toEqual([500, "internal"]);
  });

  test("ends an event stream with an error message", async () => {
    const stream = await TestEventStream.open(port, "ok-a");
    expect(stream.messages).toMatchObject([{ op: "error", id: 0, code: "internal" }]);
    await stream.until(() => stream.isEnded);
  });
});
