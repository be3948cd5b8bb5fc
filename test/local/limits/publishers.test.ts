/** What one actor may publish over several gateways together. */
import { afterEach, describe, expect, test } from "vitest";
import { actorKey, addressKey, type ClientKey } from "../../../gateway/limits/client-key.ts";
import { Publishers } from "../../../gateway/limits/publishers.ts";
import { SlowMode } from "../../../gateway/limits/slow-mode.ts";
import { SpendingReports } from "../../../gateway/limits/spending-reports.ts";
import { rateOf } from "../../../gateway/limits/token-bucket.ts";
import { Bus } from "../../../shared/bus/connection.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { silentLog } from "../../../shared/runtime/log.ts";
import { eventually } from "../../support/eventually.ts";
import { startTestNats, type TestNats } from "../../support/nats.ts";
import { natsUrlAs } from "../../support/nats-users.ts";

const RATES = {
  publishes: rateOf("actor_publishes", 20),
  lastingCost: 1,
  likes: rateOf("likes", 1_000),
};
const ANNA = actorKey("anna");
const { burst } = RATES.publishes;

class Gateways {
  readonly nats: TestNats;
  readonly buses: readonly Bus[];
  readonly publishers: readonly Publishers[];
  readonly slowModes: readonly SlowMode[];
  readonly #reports: readonly SpendingReports[];

  private constructor(nats: TestNats, buses: readonly Bus[]) {
    this.nats = nats;
    this.buses = buses;
    const shared = { limit: 1_000, now: monotonicNow };
    const rates = { actor: RATES, address: RATES };
    this.publishers = buses.map(() => new Publishers({ ...shared, rates }));
    this.slowModes = buses.map(() => new SlowMode({ ...shared, onRefused: () => undefined }));
    this.#reports = buses.map((bus, n) => {
      const [publishers, slowMode] = [this.at(n), this.slowModeAt(n)];
      return new SpendingReports({ bus, gateway: `gateway${n}`, publishers, slowMode });
    });
  }

  /** The limits of `count` gateways, each with its own connection to one NATS. */
  static async start(count: number): Promise<Gateways> {
    const nats = await startTestNats();
    const buses = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        Bus.connect({
          servers: [natsUrlAs("gateway", nats.url)],
          inbox: "gateway",
          name: `test-${n}`,
          log: silentLog,
        }),
      ),
    );
    const gateways = new Gateways(nats, buses);
    for (const one of gateways.#reports) one.start();
    await Promise.all(buses.map((bus) => bus.flush()));
    return gateways;
  }

  at(index: number): Publishers {
    const found = this.publishers[index];
    if (found === undefined) throw new Error(`no gateway ${index}`);
    return found;
  }

  slowModeAt(index: number): SlowMode {
    const found = this.slowModes[index];
    if (found === undefined) throw new Error(`no gateway ${index}`);
    return found;
  }

  async stop(): Promise<void> {
    for (const one of this.#reports) one.stop();
    for (const bus of this.buses) await bus.stop();
    await this.nats.stop();
  }
}

/** Publishes one event if that is allowed. @returns whether it was */
function spend(publishers: Publishers, client: ClientKey, transient = 0): boolean {
  const amount = { video: "launch", events: 1, transient };
  if (publishers.refusal(client, amount) !== undefined) return false;
  publishers.take(client, amount);
  return true;
}

/** Publishes until it is refused. @returns how many were accepted */
function spendAll(publishers: Publishers, client: ClientKey): number {
  let taken = 0;
  while (taken < 10_000 && spend(publishers, client)) taken += 1;
  return taken;
}

let gateways: Gateways | undefined;
afterEach(async () => {
  await gateways?.stop();
  gateways = undefined;
});

describe("an actor at three gateways", () => {
  test("that has spent its burst at one has none at the others, once they have the report", async () => {
    gateways = await Gateways.start(3);
    const [one, two, three] = [gateways.at(0), gateways.at(1), gateways.at(2)];
    expect(spendAll(one, ANNA)).toBeGreaterThanOrEqual(burst);
    await eventually(() => two.stats.received >= burst && three.stats.received >= burst);
    for (const other of [two, three]) {
      expect(spendAll(other, ANNA)).toBeLessThan(burst);
      expect(spendAll(other, actorKey("ben"))).toBeGreaterThanOrEqual(burst);
    }
  });

  test("exceeds its limit by no more than the bound, and not over time", async () => {
    gateways = await Gateways.start(3);
    const { publishers } = gateways;
    const begun = monotonicNow();
    let taken = 0;
    let lastMs = 0;
    // Without a pause, at all three at once, long enough that the rate outweighs the burst.
    while (lastMs < 6_000) {
      for (const one of publishers) if (spend(one, ANNA)) taken += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
      lastMs = monotonicNow() - begun;
    }
    const allowed = burst + (RATES.publishes.perSecond * lastMs) / 1_000;
    const excess = (gateways.publishers.length - 1) * (burst / 4 + burst);
    expect(taken).toBeGreaterThan(burst);
    expect(taken).toBeLessThanOrEqual(allowed + excess);
  });

  test("has the limit of each gateway while NATS is away", async () => {
    gateways = await Gateways.start(2);
    const [one, two] = [gateways.at(0), gateways.at(1)];
    await gateways.nats.stop();
    await eventually(() => gateways?.buses.every(({ state }) => state !== "connected") ?? false);
    const taken = spendAll(one, ANNA);
    expect(taken).toBeGreaterThanOrEqual(burst);
    expect(taken).toBeLessThan(2 * burst);
    expect(spendAll(two, ANNA)).toBeGreaterThanOrEqual(burst);
    expect(one.stats.sent).toBe(0);
  });
});

test("actors that come and go are tracked up to a limit", async () => {
  gateways = await Gateways.start(1);
  const one = gateways.at(0);
  for (let n = 0; n < 5_000; n += 1) spend(one, actorKey(`${n}`), 1);
  expect(one.size).toBe(1_000);
  expect(one.stats.forgotten).toBeGreaterThan(0);
});

test("an actor named like an address has limits of its own, here and at other gateways", async () => {
  gateways = await Gateways.start(2);
  const [one, two] = [gateways.at(0), gateways.at(1)];
  const [actor, address] = [actorKey("9.9.9.5"), addressKey("9.9.9.5")];
  expect(spendAll(one, actor)).toBeGreaterThanOrEqual(burst);
  await eventually(() => two.stats.received >= burst);
  for (const gateway of [one, two]) {
    expect(spendAll(gateway, address)).toBeGreaterThanOrEqual(burst);
  }
});

describe("an actor in a room in slow mode, at two gateways", () => {
  const event = { video: "launch", client: ANNA, everyMs: 60_000 };

  /** How long it must wait at a gateway. */
  function waitMs(slowMode: SlowMode, everyMs = event.everyMs): number {
    try {
      slowMode.check({ ...event, everyMs });
      return 0;
    } catch (error) {
      return (error as { readonly retryAfterMs?: number }).retryAfterMs ?? 0;
    }
  }

  test("that published at one waits at the other too, on that video alone", async () => {
    gateways = await Gateways.start(2);
    const [one, two] = [gateways.slowModeAt(0), gateways.slowModeAt(1)];
    expect(waitMs(one)).toBe(0);
    one.take(event);
    expect(waitMs(one)).toBeGreaterThan(0);
    await eventually(() => waitMs(two) > 0);
    for (const other of [{ video: "other" }, { client: actorKey("ben") }]) {
      expect(() => two.check({ ...event, ...other })).not.toThrow();
    }
    // By what the rules say now.
    await eventually(() => waitMs(two, 1) === 0);
  });

  test("that was faster than reports are waits longer for it", async () => {
    gateways = await Gateways.start(2);
    const [one, two] = [gateways.slowModeAt(0), gateways.slowModeAt(1)];
    for (const slowMode of [one, two]) slowMode.take(event);
    for (const slowMode of [one, two]) await eventually(() => waitMs(slowMode) > event.everyMs);
  });

  test("waits for nothing when its event was refused after all", async () => {
    gateways = await Gateways.start(2);
    const [one, two] = [gateways.slowModeAt(0), gateways.slowModeAt(1)];
    one.take(event);
    one.giveBack(event);
    expect(waitMs(one)).toBe(0);
    // The next report is of what was published, alone.
    const other = { ...event, client: actorKey("ben") };
    one.take(other);
    await eventually(() => two.size > 0);
    expect([two.size, waitMs(two)]).toEqual([1, 0]);
  });
});
