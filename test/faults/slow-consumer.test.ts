/** A dispatcher stands still while requests pour in, until NATS gives it up. */
import { setTimeout as wait } from "node:timers/promises";
import { errors } from "nats";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { eventually } from "../support/eventually.ts";
import { likesFlow, type Viewer } from "./world/audience.ts";
import { Flood } from "./world/flood.ts";
import { lanFault } from "./world/lan.ts";
import { SmallWorld } from "./world/small.ts";
import { tell } from "./world/viewer-swarm.ts";
import type { FaultCluster } from "./world/world.ts";

const VIDEO = "launch";
/** Another video than the one that is watched: what is asked here is the requests, not the likes. */
const FLOODED = publishSubject("flooded");
const PER_SECOND = 50_000;
const STOPPED_MS = 15_000;
/** Longer than NATS itself lets a request wait for one who doesn't read. */
const ANSWER_MS = 5_000;

let small: SmallWorld;
let world: FaultCluster;
let viewer: Viewer;

describe.skipIf(lanFault() !== undefined)("a dispatcher that NATS cuts off as too slow", () => {
  beforeEach(async () => {
    small = await SmallWorld.start();
    ({ world, viewer } = small);
  });
  afterEach(() => small.end());

  test("15 s at 50,000 requests a second: it comes back by itself and counts it; who asked was told, and no comment is lost", async () => {
    const timeouts = 'ovation_gateway_refused_total{code="timeout"}';
    const dispatcher = world.node("dispatcher-1");
    const admin = await world.admin();
    expect(await world.slowConsumers("nats-1")).toBe(0);
    const like = JSON.stringify({ kind: "like", actor: "somebody", data: { at: "12:34" } });
    world.pause("dispatcher-1");
    const stoppedAt = performance.now();
    const flood = new Flood(() => world.admin(), FLOODED, like, PER_SECOND);
    /** What those were told who asked meanwhile. */
    const told = new Map<string, number>();
    const ask = async () => {
      const what = await admin.request(FLOODED, like, { timeout: ANSWER_MS }).then(
        () => "answered",
        (error: unknown) => {
          if (error instanceof errors.TimeoutError) return "timeout";
          return error instanceof errors.RequestError && error.isNoResponders() ? "nobody" : "else";
        },
      );
      told.set(what, (told.get(what) ?? 0) + 1);
    };
    const asking = (async () => {
      const asked: Promise<void>[] = [];
      for (; performance.now() - stoppedAt < STOPPED_MS; await wait(100)) asked.push(ask());
      return asked;
    })();
    await eventually(async () => (await world.slowConsumers("nats-1")) > 0);
    const cutOffMs = performance.now() - stoppedAt;
    const asked = await asking;
    const { sent, perSecond } = await flood.stop();
    world.resume("dispatcher-1");
    const resumedAt = performance.now();
    await eventually(async () => (await dispatcher.metric("ovation_bus_reconnects_total")) > 0);
    await world.ready();
    const backMs = performance.now() - resumedAt;
    await Promise.all(asked);
    const taken = await dispatcher.metric("ovation_dispatcher_requests_total");
    tell(
      `${sent} requests, ${Math.round(perSecond)} a second; cut off after ` +
        `${Math.round(cutOffMs)} ms, back ${Math.round(backMs)} ms after it went on; ` +
        `it has taken ${taken} requests in all`,
    );
    tell(`those who asked: ${[...told].map(([what, count]) => `${count} ${what}`).join(", ")}`);
    expect(perSecond).toBeGreaterThan(0.95 * PER_SECOND);
    // Some were lost, and nobody was told that a lost one was taken.
    expect(taken).toBeLessThan(sent);
    expect([...told.keys()].sort()).toEqual(["nobody", "timeout"]);
    expect(await world.slowConsumers("nats-1")).toBe(1);
    expect(await dispatcher.metric("ovation_bus_disconnects_total")).toBe(1);
    expect(await world.node("gateway-1").metric(timeouts)).toBeGreaterThan(0);
    await likesFlow(world.urls, VIDEO, [viewer]);
    await small.allIsWell();
    await admin.close();
  });
});
