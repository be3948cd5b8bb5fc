/** A dispatcher is paused while requests pour in, until NATS gives it up. */
import { setTimeout as wait } from "node:timers/promises";
import { errors } from "nats";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { eventually } from "../support/eventually.ts";
import { likesFlow, type Viewer } from "./cluster/audience.ts";
import type { FaultCluster } from "./cluster/fault-cluster.ts";
import { Flood } from "./cluster/flood.ts";
import { lanFault } from "./cluster/lan.ts";
import { SmallCluster } from "./cluster/small-cluster.ts";
import { logFigures } from "./cluster/viewer-swarm.ts";

const VIDEO = "launch";
/** Not the watched video: this tests the requests, not the likes. */
const FLOODED = publishSubject("flooded");
const PER_SECOND = 50_000;
const STOPPED_MS = 15_000;
/** Longer than NATS itself lets a request wait for a client that doesn't read. */
const ANSWER_MS = 5_000;

let small: SmallCluster;
let cluster: FaultCluster;
let viewer: Viewer;

describe.skipIf(lanFault() !== undefined)("a dispatcher that NATS cuts off as too slow", () => {
  beforeEach(async () => {
    small = await SmallCluster.start();
    ({ cluster, viewer } = small);
  });
  afterEach(() => small.end());

  test("15 s at 50,000 requests a second: it comes back by itself and counts it; every requester gets an error, and no comment is lost", async () => {
    const timeouts = 'ovation_gateway_refused_total{code="timeout"}';
    const dispatcher = cluster.node("dispatcher-1");
    const admin = await cluster.admin();
    expect(await cluster.slowConsumers("nats-1")).toBe(0);
    const like = JSON.stringify({ kind: "like", actor: "somebody", data: { at: "12:34" } });
    cluster.pause("dispatcher-1");
    const stoppedAt = performance.now();
    const flood = new Flood(() => cluster.admin(), FLOODED, like, PER_SECOND);
    /** How the requests made meanwhile ended. */
    const outcomes = new Map<string, number>();
    const ask = async () => {
      const outcome = await admin.request(FLOODED, like, { timeout: ANSWER_MS }).then(
        () => "answered",
        (error: unknown) => {
          if (error instanceof errors.TimeoutError) return "timeout";
          return error instanceof errors.RequestError && error.isNoResponders() ? "nobody" : "else";
        },
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    const asking = (async () => {
      const asked: Promise<void>[] = [];
      for (; performance.now() - stoppedAt < STOPPED_MS; await wait(100)) asked.push(ask());
      return asked;
    })();
    await eventually(async () => (await cluster.slowConsumers("nats-1")) > 0);
    const cutOffMs = performance.now() - stoppedAt;
    const asked = await asking;
    const { sent, perSecond } = await flood.stop();
    cluster.resume("dispatcher-1");
    const resumedAt = performance.now();
    await eventually(async () => (await dispatcher.metric("ovation_bus_reconnects_total")) > 0);
    await cluster.ready();
    const backMs = performance.now() - resumedAt;
    await Promise.all(asked);
    const handled = await dispatcher.metric("ovation_dispatcher_requests_total");
    logFigures(
      `${sent} requests, ${Math.round(perSecond)} a second; cut off after ` +
        `${Math.round(cutOffMs)} ms, back ${Math.round(backMs)} ms after it was resumed; ` +
        `it handled ${handled} requests in all`,
    );
    logFigures(
      `requests made meanwhile: ${[...outcomes].map(([what, count]) => `${count} ${what}`).join(", ")}`,
    );
    expect(perSecond).toBeGreaterThan(0.95 * PER_SECOND);
    // Some were lost, and no lost one was acknowledged.
    expect(handled).toBeLessThan(sent);
    expect([...outcomes.keys()].sort()).toEqual(["nobody", "timeout"]);
    expect(await cluster.slowConsumers("nats-1")).toBe(1);
    expect(await dispatcher.metric("ovation_bus_disconnects_total")).toBe(1);
    expect(await cluster.node("gateway-1").metric(timeouts)).toBeGreaterThan(0);
    await likesFlow(cluster.urls, VIDEO, [viewer]);
    await small.expectHealthy();
    await admin.close();
  });
});
