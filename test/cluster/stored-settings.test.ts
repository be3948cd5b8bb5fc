/**
 * Every setting that the stores go by is raised and lowered again, as `ovation store apply` does it, while
 * comments are published. It needs a nats-server only, no Kubernetes.
 */
import { afterAll, expect, test } from "vitest";
import { Bus } from "../../shared/bus/connection.ts";
import { applyStores, planStores } from "../../shared/bus/store-admin.ts";
import { storeConfigs } from "../../shared/bus/store-configs.ts";
import { configFor } from "../../shared/config/load.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { startTestNats } from "../support/nats.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { KEPT, Loaded } from "./support/loaded.ts";

const WAIT_MS = 60_000;
const ends: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

const settings = { ...configFor("store", { natsUrl: ["nats://127.0.0.1"] }), ...KEPT };

/** The numbers that the stores go by, each by its key; copies are another test's. */
function stored(): readonly (keyof typeof settings)[] {
  const before = JSON.stringify(storeConfigs(settings));
  const keys = Object.keys(settings) as (keyof typeof settings)[];
  return keys.filter((key) => {
    const value = settings[key];
    if (typeof value !== "number" || key.endsWith("Replicas")) return false;
    return JSON.stringify(storeConfigs({ ...settings, [key]: 2 * value })) !== before;
  });
}

test("each is raised and lowered under load, and nothing is lost", async () => {
  const nats = await startTestNats();
  ends.push(() => nats.stop());
  const load = await Loaded.start([nats.url], 1);
  ends.push(() => load.stop());
  const servers = [natsUrlAs("admin", nats.url)];
  const bus = await Bus.connect({ servers, name: "settings", log: silentLog });
  ends.push(() => bus.stop());
  const streamsThatDiffer = async (config: typeof settings) =>
    (await planStores(bus, config)).map(({ stream }) => stream);
  const apply = async (config: typeof settings) => {
    const steps = await planStores(bus, config);
    expect(steps.flatMap(({ losses }) => losses)).toEqual([]);
    await applyStores(bus, config, { steps, waitMs: WAIT_MS, onDone: () => undefined });
    expect(await streamsThatDiffer(config)).toEqual([]);
  };
  expect(await streamsThatDiffer(settings)).toEqual([]);
  const changed = stored();
  for (const key of changed) {
    const raised = { ...settings, [key]: 2 * Number(settings[key]) };
    expect({ key, streams: await streamsThatDiffer(raised) }).not.toEqual({ key, streams: [] });
    await apply(raised);
    await apply(settings);
  }
  expect(changed).toContain("historyAgeMs");
  await load.more();
  await load.check();
  process.stdout.write(`${changed.join(", ")}\n`);
});
