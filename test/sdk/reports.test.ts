/** What the SDK reports of what its viewer gets, to gateways that ask. */
import { afterEach, describe, expect, test } from "vitest";
import { clientFor } from "../../sdk/elements/clients.ts";
import type { OvationEvent } from "../../sdk/index.ts";
import { metric, TestStack } from "../support/stack.ts";
import { client, connected, listen } from "./support/client.ts";
import { type Asked, LaterGateway, type LaterSocket, refused } from "./support/later-gateway.ts";
import { Network } from "./support/network.ts";

const SECOND = { everyMs: 1_000, boundsMs: [100, 1_000, 10_000] };
const HOUR_MS = 3_600_000;
/** More than an estimate of the clock is wrong by on a busy machine. */
const MARGIN_MS = 1_000;

interface Reported {
  readonly counts: readonly number[];
  readonly sumMs: number;
}

describe("at a gateway whose clock is an hour ahead of the viewer's", () => {
  let gateway: LaterGateway;
  /** Whether the next connections are asked. */
  let asks = true;
  /** How long they wait for the answer to their `connect`. */
  let holdMs = 0;
  afterEach(async () => {
    asks = true;
    holdMs = 0;
    await gateway?.stop();
  });

  const now = () => Date.now() + HOUR_MS;
  /** What came over each connection. */
  const requests = new Map<LaterSocket, Asked[]>();
  /** When each connection was begun, by the gateway's clock. */
  const connects: number[] = [];

  async function started(subscribe: object = { seq: 0, epoch: "e1" }, answers = true) {
    requests.clear();
    connects.length = 0;
    gateway = await LaterGateway.start((asked, socket) => {
      requests.set(socket, [...(requests.get(socket) ?? []), asked]);
      const { op, id } = asked;
      if (op === "connect") {
        const rules = { limits: {}, kinds: { like: "transient", comment: "durable" } };
        const answer = asks ? { ...rules, report: SECOND } : rules;
        connects.push(now());
        if (holdMs === 0) return answer;
        setTimeout(() => socket.send({ op: "result", id, ...answer }), holdMs);
        return undefined;
      }
      if (op === "subscribe") return subscribe;
      if (op === "publish" && !answers) return refused("unavailable");
      return { now: now() };
    });
    return client(gateway.url, { transport: "websocket" });
  }

  function push(index: number, ...events: OvationEvent[]): void {
    gateway.sockets[index]?.send({ op: "events", video: "launch", events });
  }
  const comment = (seq: number, at: number): OvationEvent => ({
    id: `c${seq}`,
    kind: "comment",
    at,
    seq,
    prev: seq - 1,
  });

  /** The sum of a number over all reports. */
  function sumOf(field: string): number {
    return gateway.of("report").reduce((sum, asked) => sum + Number(asked[field] ?? 0), 0);
  }

  test("latencies are those of the gateway's clock", async () => {
    const ovation = await started();
    listen(ovation, "launch");
    await gateway.asked.first(({ op }) => op === "subscribe");
    push(0, comment(1, now() - 100_000));
    // The gateway's time is known from the first ping on; the first message is no live one.
    await gateway.asked.until(() => gateway.of("ping").length > 1);
    push(0, comment(2, now() - 100_000));
    push(0, comment(3, now() + 5));
    push(0, { id: "a", kind: "like", at: now() + 5 }, { id: "a", kind: "like", at: now() + 5 });
    await gateway.asked.until(() => sumOf("repeated") > 0);
    const of = (name: string) => gateway.of("report").flatMap((asked) => asked[name] ?? []);
    for (const name of ["durable", "transient"]) {
      const reported = of(name) as unknown as readonly Reported[];
      expect(reported).toHaveLength(1);
      expect(reported[0]?.counts).toHaveLength(4);
      expect(reported[0]?.counts.reduce((sum, count) => sum + count, 0)).toBe(1);
      // However slow this machine is, not an hour.
      expect(reported[0]?.sumMs).toBeLessThan(60_000);
    }
    expect(sumOf("repeated")).toBe(1);
    expect(sumOf("missed")).toBe(0);
    const [report] = gateway.of("report");
    expect(report).toMatchObject({ clockErrorMs: expect.any(Number) });
    expect(report).not.toHaveProperty("awayMs");
    // Nothing that says who watches what.
    const fields = gateway.of("report").flatMap((asked) => Object.keys(asked));
    const numbers = ["clockErrorMs", "missed", "repeated", "recovered", "failed"];
    expect(new Set(fields)).toEqual(new Set(["op", "id", "durable", "transient", ...numbers]));
  });

  test("the first report after a reconnect says how long the viewer was away, and what it missed", async () => {
    const ovation = await started({ seq: 9, epoch: "e1", recovered: true });
    listen(ovation, "launch");
    await gateway.asked.first(({ op }) => op === "subscribe");
    holdMs = 2 * MARGIN_MS;
    gateway.sockets[0]?.close(1012, "restart");
    await gateway.asked.until(() => gateway.of("subscribe").length === 2);
    const whileAway = Number(connects[1]) + MARGIN_MS;
    push(1, comment(10, whileAway - HOUR_MS), comment(11, whileAway));
    gateway.sockets[1]?.send({ op: "reset", video: "launch", epoch: "e2", seq: 1 });
    await gateway.asked.until(() => sumOf("missed") > 0 && sumOf("recovered") > 0);
    expect([sumOf("missed"), sumOf("recovered"), sumOf("repeated")]).toEqual([1, 1, 0]);
    expect(sumOf("awayMs")).toBeGreaterThanOrEqual(holdMs);
    expect(gateway.of("report").filter(({ awayMs }) => awayMs !== undefined)).toHaveLength(1);
  });

  test("publishes that fail for no fault of the viewer's are counted", async () => {
    const ovation = await started(undefined, false);
    const video = ovation.video("launch");
    video.watch();
    await gateway.asked.until(() => gateway.of("ping").length > 0);
    const options = { waitMs: 50 };
    await video.publish("like", undefined, options).catch(() => undefined);
    await gateway.asked.until(() => sumOf("failed") > 0);
    expect(sumOf("failed")).toBe(1);
  });

  test("a viewer who opted out, and one who wasn't asked, send nothing", async () => {
    const quiet = await started();
    const optedOut = client(gateway.url, { transport: "websocket", reports: false });
    asks = false;
    quiet.connect();
    await connected(quiet);
    asks = true;
    const access = { url: gateway.url, tokenUrl: "", token: undefined, isGuest: false };
    const { ovation: elements } = clientFor({ ...access, client: undefined, reports: false });
    for (const ovation of [optedOut, elements]) {
      ovation.connect();
      await connected(ovation);
    }
    // These were connected first, so their reports would have come first.
    const third = client(gateway.url, { transport: "websocket" });
    third.connect();
    await gateway.asked.until(() => gateway.of("report").length >= 2);
    const ops = [...requests.values()].map((all) => new Set(all.map(({ op }) => op)));
    const nothing = new Set(["connect"]);
    expect(ops.slice(0, 3)).toEqual([nothing, nothing, nothing]);
    expect(ops[3]).toEqual(new Set(["connect", "ping", "report"]));
    elements.close();
  });
});

test("a slow network shows in the gateway's metrics", async () => {
  const stack = await TestStack.start({
    gateway: { viewerReportsOneIn: 1, viewerReportsIntervalMs: 1_000 },
  });
  const network = await Network.start(stack.gateway.port);
  network.delayMs = 400;
  try {
    const ovation = client(network.url, { transport: "websocket" });
    const { joined } = listen(ovation, "launch");
    await joined();
    const count = (rest: string) => metric(stack.gateway, `ovation_viewer_${rest}`);
    await expect
      .poll(
        async () => {
          await ovation.video("launch").publish("like");
          return await count('latency_seconds_count{class="transient"}');
        },
        { timeout: 60_000 },
      )
      .toBeGreaterThan(2);
    expect(await count('latency_seconds_bucket{class="transient",le="0.2"}')).toBe(0);
    await expect
      .poll(() => count("publish_duration_seconds_count"), { timeout: 60_000 })
      .toBeGreaterThan(0);
    expect(await count('publish_duration_seconds_bucket{le="0.75"}')).toBe(0);
    expect(await count('clock_error_seconds_bucket{le="0.25"}')).toBe(0);
  } finally {
    await network.stop();
    await stack.stop();
  }
});
