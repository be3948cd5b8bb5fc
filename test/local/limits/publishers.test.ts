/** What one actor may publish over several gateways together. */
import { afterEach, describe, expect, test } from "vitest";
import { actorKey, addressKey, type ClientKey } from "../../../gateway/limits/client-key.ts";
import { Publishers } from "../../../gateway/limits/publishers.ts";
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

  private constructor(nats: TestNats, buses: readonly Bus[], publishers: readonly Publishers[]) {
    this.nats = nats;
    this.buses = buses;
    this.publishers = publishers;
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
    const publishers = buses.map((bus, n) => {
      const gateway = `gateway${n}`;
      return new Publishers({
        bus,
        gateway,
        rates: { actor: RATES, address: RATES },
        limit: 1_000,
        now: monotonicNow,
      });
    });
    for (const one of publishers) one.start();
    await Promise.all(buses.map((bus) => bus.flush()));
    return new Gateways(nats, buses, publishers);
  }

  at(index: number): Publishers {
    const found = this.publishers[index];
    if (found === undefined) throw new Error(`no gateway ${index}`);
    return found;
  }

  async stop(): Promise<void> {
    for (const one of this.publishers) one.stop();
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
