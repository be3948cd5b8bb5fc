/** What a change of each stored setting costs, in both directions, is known before anything is changed. */
import type { StreamConfig, StreamState } from "@nats-io/jetstream";
import { describe, expect, test } from "vitest";
import { configFor } from "../config/load.ts";
import type { CommonConfig } from "../config/settings.ts";
import { type StoreConfig, storeConfigs } from "./store-configs.ts";
import { type StoreStep, stepOf } from "./store-plan.ts";

const NOW = Date.parse("2026-11-27T12:00:00Z");
const BEFORE = configFor("dispatcher");

/** Full stores: each has more than half of what it may have. */
const STATE = {
  messages: 900,
  bytes: 1_000_000_000_000,
  first_ts: "2026-11-01T00:00:00Z",
  subjects: { "ov.history.launch": 900 },
} as unknown as StreamState;

function existing(store: StoreConfig) {
  return { config: store as StreamConfig, state: STATE };
}

function planFor(change: Partial<CommonConfig>, before: CommonConfig = BEFORE): StoreStep[] {
  const stores = new Map(storeConfigs(before).map((store) => [store.name, store]));
  return storeConfigs({ ...before, ...change }).flatMap((wanted) => {
    const is = stores.get(wanted.name);
    return stepOf(wanted, is && existing(is), NOW) ?? [];
  });
}

test("stores that are as the settings say need nothing, missing ones are created", () => {
  expect(planFor({})).toEqual([]);
  const [first] = storeConfigs(BEFORE);
  expect(first && stepOf(first, undefined, NOW)).toMatchObject({ action: "create", losses: [] });
});

const SETTINGS = [
  ["historyEvents", 100, "ov_history", "800 messages of 1 subjects"],
  ["historyAgeMs", 3_600_000, "ov_history", "what is older than 3600000 ms"],
  ["historyTotalBytes", 1_048_576, "ov_history", "bytes"],
  ["votesAgeMs", 3_600_000, "ov_votes", "what is older than 3600000 ms"],
  ["votesTotalBytes", 1_048_576, "ov_votes", "bytes"],
  ["moderationAgeMs", 3_600_000, "ov_moderation", "what is older than 3600000 ms"],
  ["moderationTotalBytes", 1_048_576, "ov_moderation", "bytes"],
  ["stateAgeMs", 3_600_000, "KV_ov_state", "what is older than 3600000 ms"],
  ["stateTotalBytes", 1_048_576, "KV_ov_state", "bytes"],
] as const satisfies readonly (readonly [keyof CommonConfig, number, string, string])[];

describe.each(SETTINGS)("%s", (setting, lower, stream, loss) => {
  test("lowered says what is lost; raised again loses nothing", () => {
    const lowered = planFor({ [setting]: lower }).find((step) => step.stream === stream);
    expect(lowered?.action).toBe("change");
    expect(lowered?.losses.join()).toContain(loss);
    const before = { ...BEFORE, [setting]: lower };
    const raised = planFor({ [setting]: BEFORE[setting] }, before);
    expect(raised.map((step) => step.stream)).toContain(stream);
    expect(raised.flatMap((step) => step.losses)).toEqual([]);
  });
});

test.each([
  [{ historyReplicas: 3 }, "ov_history"],
  [{ tableReplicas: 3 }, "KV_ov_subscriptions"],
  [{ leaseMs: 20_000 }, "KV_ov_frontends"],
  [{ historyAgeMs: Number.POSITIVE_INFINITY }, "ov_history"],
] as const)("%j changes %s without a loss", (change, stream) => {
  const there = planFor(change);
  expect(there.map((step) => step.stream)).toContain(stream);
  expect(there.flatMap((step) => step.losses)).toEqual([]);
});

test("what NATS can't change is made anew, and says that all of it is lost", () => {
  const [history] = storeConfigs(BEFORE);
  if (history === undefined) throw new Error("there are no stores");
  const inMemory = { ...history, storage: "memory" } as StreamConfig;
  expect(stepOf(history, { config: inMemory, state: STATE }, NOW)).toMatchObject({
    action: "recreate",
    losses: ["all 900 messages"],
  });
});
