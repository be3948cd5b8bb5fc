import { describe, expect, test } from "vitest";
import { createLog } from "../../shared/runtime/log.ts";
import type { Pace } from "./pace.ts";
import { ViewerDrainer } from "./viewer-drainer.ts";

const log = createLog("gateway", "departure", "silent");

/** A viewer, and when it was told to go, and to come back. */
class Guest {
  isOpen = true;
  toldAt: number | undefined;
  dueAt = 0;

  dismiss(reconnectAfterMs: number): void {
    this.isOpen = false;
    this.toldAt = performance.now();
    this.dueAt = this.toldAt + reconnectAfterMs;
  }
}

async function sent(count: number, windowMs: number, look: () => Promise<Pace>) {
  const guests = Array.from({ length: count }, () => new Guest());
  const now = () => performance.now();
  const departure = new ViewerDrainer({ windowMs, look, now, random: Math.random, log });
  const begun = performance.now();
  await departure.send(guests);
  return { guests, departure, begun, tookMs: performance.now() - begun };
}

/** The most that come back within any time of this length. */
function mostWithin(guests: readonly Guest[], ms: number): number {
  const times = guests.map(({ dueAt }) => dueAt).sort((one, other) => one - other);
  return Math.max(
    ...times.map((from) => times.filter((time) => time >= from && time < from + ms).length),
  );
}

describe("viewers of a gateway that is drained", () => {
  test("come back at the pace at which the others take them", async () => {
    const { guests, departure } = await sent(300, 10_000, async () => ({
      acceptors: 2,
      perSecond: 500,
    }));
    expect(departure.stats.dismissed).toBe(300);
    // A tick may be late by a few, which it makes up for.
    expect(mostWithin(guests, 250)).toBeLessThanOrEqual(125 + 75);
    const times = guests.map(({ dueAt }) => dueAt);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(450);
  });

  test("are told in time when the window ends before their turn, and keep the pace", async () => {
    const pace = { acceptors: 1, perSecond: 100 };
    const { guests, begun } = await sent(300, 500, async () => pace);
    for (const { toldAt } of guests) expect(toldAt).toBeDefined();
    const times = guests.map(({ dueAt }) => dueAt - begun);
    expect(Math.max(...times)).toBeGreaterThan(2_500);
    expect(mostWithin(guests, 1_000)).toBeLessThanOrEqual(100 + 30);
  });

  test("are told at once when nobody takes them, and have until another may be there", async () => {
    const { guests, begun } = await sent(100, 60_000, async () => ({
      acceptors: 0,
      perSecond: 500,
    }));
    const waits = guests.map(({ toldAt = 0, dueAt }) => dueAt - toldAt);
    expect(Math.max(...guests.map(({ toldAt = 0 }) => toldAt - begun))).toBeLessThan(5_000);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(999);
    expect(Math.max(...waits)).toBeLessThanOrEqual(6_000);
    expect(mostWithin(guests, 1_000)).toBeLessThanOrEqual(25);
  });

  test("are told at once when all others are found to be drained as well", async () => {
    let looks = 0;
    const look = async () => {
      looks += 1;
      return { acceptors: looks === 1 ? 1 : 0, perSecond: 10 };
    };
    const { guests, tookMs } = await sent(100, 60_000, look);
    for (const { toldAt } of guests) expect(toldAt).toBeDefined();
    expect(tookMs).toBeLessThan(10_000);
  });

  test("that have left by themselves take up no time", async () => {
    const guests = Array.from({ length: 1_000 }, () => new Guest());
    const gone = guests.slice(0, -1);
    for (const guest of gone) guest.isOpen = false;
    const look = async () => ({ acceptors: 1, perSecond: 1 });
    const now = () => performance.now();
    const departure = new ViewerDrainer({ windowMs: 60_000, look, now, random: Math.random, log });
    await departure.send(guests);
    expect(departure.stats.dismissed).toBe(1);
    expect(gone.every(({ toldAt }) => toldAt === undefined)).toBe(true);
  });
});
