/** What a video's state guarantees, however many dispatchers change it at once. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { statePut } from "../../dispatcher/state/state-change.ts";
import { VideoStates } from "../../dispatcher/state/video-states.ts";
import { Bucket } from "../../shared/bus/bucket.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { configFor } from "../../shared/config/load.ts";
import { stateBucket } from "../../shared/protocol/buckets.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { decodeState, STATE_NAMES_LIMIT } from "../../shared/protocol/state-document.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { names } from "../support/guarantee-stack.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { natsUrlAs } from "../support/nats-users.ts";

/** Long enough that nothing is refused for slowness, however busy the machine is. */
const PATIENT_MS = 60_000;

let nats: TestNats;
const writers: Writer[] = [];

/** The part of a dispatcher that changes state, on a connection of its own. */
class Writer {
  readonly bus: Bus;
  readonly bucket: Bucket;
  readonly states: VideoStates;
  /** What was sent to gateways. */
  readonly sent: FanoutEvent[] = [];

  private constructor(bus: Bus) {
    const config = configFor("dispatcher", { storeTimeoutMs: PATIENT_MS });
    this.bus = bus;
    this.bucket = new Bucket(bus, stateBucket(config));
    this.states = new VideoStates({
      bus,
      bucket: this.bucket,
      config,
      fanout: { emit: (_video, events) => void this.sent.push(...events) },
      now: Date.now,
      log: silentLog,
    });
  }

  static async start(): Promise<Writer> {
    const servers = [natsUrlAs("dispatcher", nats.url)];
    const bus = await Bus.connect({ servers, inbox: "dispatcher", name: "state", log: silentLog });
    const writer = new Writer(bus);
    await writer.bucket.ensure();
    writer.states.start();
    writers.push(writer);
    return writer;
  }

  /** Each name's value, as it is stored. */
  async stored(video: string): Promise<Readonly<Record<string, unknown>>> {
    const entry = await this.bucket.get(video);
    const document = entry?.value === undefined ? undefined : decodeState(entry.value);
    const values = [...(document?.values ?? [])];
    return Object.fromEntries(values.map(([name, { bytes }]) => [name, dataOf(bytes)]));
  }
}

const dataOf = (bytes: Uint8Array) => (decodeTrustedMsgpack(bytes) as { data?: unknown }).data;
const codeOf = (error: unknown) => (error as { code?: unknown }).code;

beforeAll(async () => {
  nats = await startTestNats();
});
afterEach(async () => {
  for (const { states, bus } of writers.splice(0)) {
    states.stop();
    await bus.stop();
  }
});
afterAll(async () => await nats.stop());

async function startAll(count: number): Promise<Writer[]> {
  return await Promise.all(Array.from({ length: count }, () => Writer.start()));
}

/** Adds one to a counter, which shows a change that is lost or made twice. */
async function increment({ states }: Writer, video: string): Promise<void> {
  await states.edit(video, (values) => {
    const known = values.get("score");
    const before = known === undefined ? 0 : Number(dataOf(known.bytes));
    return [statePut("score", { ...states.newEvent(), data: before + 1 })];
  });
}

describe("dispatchers that change one video's state at once", () => {
  test("lose no change, and the revisions that they send order them", async () => {
    const all = await startAll(4);
    const kinds = names("kind", 5);
    await Promise.all(
      all.map(async (writer, at) => {
        const puts = kinds.map((kind) => writer.states.put("launch", kind, `${at} of ${kind}`));
        await Promise.all([...puts, ...names("n", 40).map(() => increment(writer, "launch"))]);
        for (let turn = 1; turn <= 5; turn += 1) {
          await writer.states.put("launch", "turns", { at, turn });
        }
      }),
    );
    const stored = await all[0]?.stored("launch");
    expect(stored).toMatchObject({ score: 160, turns: { turn: 5 } });
    expect(Object.keys(stored ?? {}).sort()).toEqual([...kinds, "score", "turns"].sort());
    // What a gateway shows that got all events, in any order.
    const newest = new Map<string, FanoutEvent>();
    for (const event of all.flatMap(({ sent }) => sent)) {
      const before = newest.get(event.kind)?.state?.revision ?? 0;
      if ((event.state?.revision ?? 0) > before) newest.set(event.kind, event);
    }
    const shown = [...newest].map(([kind, { bytes }]) => [kind, dataOf(bytes)]);
    expect(Object.fromEntries(shown)).toEqual(stored);
    const conflicts = all.reduce((sum, { states }) => sum + states.stats.conflicts, 0);
    // Without conflicts they did not write at the same time, and this test showed nothing.
    expect(conflicts).toBeGreaterThan(0);
  });

  test("find what another one has just stored, even where they would change nothing of what they know", async () => {
    const [one, other] = (await startAll(2)) as [Writer, Writer];
    await one.states.put("known", "score", 1);
    await other.states.put("known", "score", 2);
    await one.states.put("known", "banner", "x");
    await other.states.put("known", "banner", null);
    await other.states.put("known", "score", null);
    expect(await one.stored("known")).toEqual({});
  });

  test("make each acknowledged change once, and any other at most once, while NATS is killed", async () => {
    const all = await startAll(2);
    let acknowledged = 0;
    let refused = 0;
    for (let round = 1; round <= 3; round += 1) {
      const before = acknowledged;
      const publishers = names("p", 10).map(async (_name, at) => {
        for (let count = 0; count < 20; count += 1) {
          await increment(all[at % 2] as Writer, "killed").then(
            () => {
              acknowledged += 1;
            },
            (error: unknown) => {
              expect(codeOf(error)).toBe("state_unavailable");
              refused += 1;
            },
          );
        }
      });
      await eventually(() => acknowledged > before + 5);
      await nats.kill9();
      await Promise.all(publishers);
      await nats.restart();
      await eventually(() => all.every(({ bus }) => bus.state === "connected"));
    }
    const score = Number((await all[0]?.stored("killed"))?.["score"]);
    expect(score).toBeGreaterThanOrEqual(acknowledged);
    expect(score).toBeLessThanOrEqual(acknowledged + refused);
  });
});

describe("a video's state", () => {
  test("has room for 64 values and 64 KiB; what exceeds that is refused by name and changes nothing", async () => {
    const { states, stored } = await Writer.start().then((writer) => ({
      states: writer.states,
      stored: () => writer.stored("full"),
    }));
    await Promise.all(names("kind", STATE_NAMES_LIMIT).map((kind) => states.put("full", kind, 1)));
    const before = await stored();
    const refused = [
      [states.put("full", "one-more", 1), "kind", 64],
      [states.put("full", "kind-1", "x".repeat(65_536)), "data", 65_536],
    ] as const;
    for (const [putting, field, limit] of refused) {
      await expect(putting).rejects.toMatchObject({ code: "state_too_large", field, limit });
    }
    expect(await stored()).toEqual(before);
    await states.put("full", "kind-1", null);
    await states.put("full", "one-more", 2);
    expect(await stored()).toMatchObject({ "one-more": 2, "kind-2": 1 });
    expect(Object.keys(await stored())).toHaveLength(STATE_NAMES_LIMIT);
  });

  test("is not written again for a repeat with the same id and value, which gateways are sent again", async () => {
    const writer = await Writer.start();
    const put = (id: string, data: unknown) => writer.states.put("repeat", "score", data, { id });
    const revision = await put("a", { home: 1 });
    expect(await put("a", { home: 1 })).toBe(revision);
    const removed = await put("b", null);
    expect(await put("b", null)).toBe(removed);
    expect(await put("a", { home: 2 })).toBeGreaterThan(removed);
    expect(writer.sent.map(({ state }) => [state?.revision, state?.isRemoval])).toEqual([
      [revision, false],
      [revision, false],
      [removed, true],
      [removed, true],
      [removed + 1, false],
    ]);
  });
});
