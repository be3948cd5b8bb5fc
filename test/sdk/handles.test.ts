/** Handles are views: any number of them on a video, in any order, each gets what it requests. */
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Missed, Ovation, OvationEvent, Video } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { Recorder } from "../support/recorder.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { client, statesOf } from "./support/client.ts";
import { Network } from "./support/network.ts";

let stack: TestStack;
let network: Network;
let video = 0;

beforeAll(async () => {
  const kinds = [
    { name: "comment", deliveryClass: "durable", schema: {} },
    { name: "score", deliveryClass: "latest" },
  ] as const;
  // The history check finds a comment published before dispatchers know of a viewer.
  stack = await TestStack.start({
    gateway: { kinds, lingerMs: 0, historyCheckMs: 500 },
    dispatcher: { kinds },
  });
  network = await Network.start(stack.gateway.port);
});
afterAll(async () => {
  await network?.stop();
  await stack?.stop();
});
afterEach(() => {
  network.isDown = false;
});

/** A video that no other test has used. */
function newVideo(): string {
  video += 1;
  return `video-${video}`;
}

async function comment(id: string, ...names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const events = names.map((name) => ({ kind: "comment", id: name, data: name }));
  const { status } = await post(stack.gateway.port, id, events);
  expect(status).toBe(200);
}

const names = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
const idsOf = (events: readonly OvationEvent[]) => events.map(({ id }) => id);

function hear(handle: Video, kind = "comment") {
  const events = new Recorder<OvationEvent>();
  return { events, off: handle.on(kind, events.take) };
}

describe.each(["websocket", "sse"] as const)("over %s", (transport) => {
  const start = () => client(network.url, { transport });

  test("a handle with history gets it, even after one without", async () => {
    const id = newVideo();
    await comment(id, ...names(5, "a"));
    const ovation = start();
    const counted = hear(ovation.video(id), "viewers");
    await counted.events.first(() => true);
    const late = hear(ovation.video(id, { history: 50 }));
    await late.events.until(({ length }) => length >= 5);
    await comment(id, "b1");
    await late.events.until(({ length }) => length >= 6);
    expect(idsOf(late.events.all)).toEqual([...names(5, "a"), "b1"]);
  });

  test("a handle with history gets it, even in the same turn as one without", async () => {
    const id = newVideo();
    await comment(id, ...names(5, "a"));
    const ovation = start();
    await statesOfConnected(ovation);
    const plain = hear(ovation.video(id));
    const late = hear(ovation.video(id, { history: 3 }));
    await late.events.until(({ length }) => length >= 3);
    await comment(id, "b1");
    await late.events.until(({ length }) => length >= 4);
    expect(idsOf(late.events.all)).toEqual(["a3", "a4", "a5", "b1"]);
    expect(idsOf(plain.events.all)).toEqual(["b1"]);
  });

  test("a later listener gets the viewer count, and so does every handle", async () => {
    const id = newVideo();
    const ovation = start();
    await hear(ovation.video(id), "viewers").events.first(() => true);
    const other = ovation.video(id);
    expect(other.viewers).toBe(1);
    const late = await hear(other, "viewers").events.first(() => true);
    expect(late.data).toEqual({ viewers: 1 });
  });

  test("a later listener gets the newest event of a latest kind", async () => {
    const id = newVideo();
    const ovation = start();
    await hear(ovation.video(id), "viewers").events.first(() => true);
    const early = hear(ovation.video(id), "score");
    for (const score of [1, 2]) {
      await eventually(async () => {
        await ovation.video(id).publish("score", score);
        return early.events.all.at(-1)?.data === score;
      });
    }
    const late = hear(ovation.video(id), "score");
    await late.events.first(() => true);
    expect(late.events.all.map(({ data }) => data)).toEqual([2]);
  });

  test("a listener that left and rejoined within milliseconds gets new events", async () => {
    const ovation = start();
    await statesOfConnected(ovation);
    for (const waitMs of [0, 0, 1, 2, 3, 5]) {
      const id = newVideo();
      const handle = ovation.video(id);
      const heard = new Recorder<OvationEvent>();
      let tries = 0;
      let off: (() => void) | undefined;
      handle.on("comment", () => undefined)();
      setTimeout(() => {
        off = handle.on("comment", heard.take);
      }, waitMs);
      handle.on("comment", () => undefined)();
      await eventually(async () => {
        tries += 1;
        await comment(id, `a${tries}`);
        return heard.all.length > 0;
      });
      off?.();
    }
  });
});

async function statesOfConnected(ovation: Ovation): Promise<void> {
  ovation.connect();
  await statesOf(ovation).first(({ name }) => name === "connected");
}

/** What can happen to a video's listeners. */
type Step =
  | { readonly do: "join"; readonly history: number }
  | { readonly do: "leave"; readonly which: number }
  | { readonly do: "comment"; readonly count: number }
  | { readonly do: "cut" }
  | { readonly do: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("join" as const),
      history: fc.constantFrom(0, 0, 2, 5, 50),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("leave" as const), which: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("comment" as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "cut" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(0, 0, 1, 3, 10) }),
  },
);

interface Listening {
  readonly history: number;
  readonly events: Recorder<OvationEvent>;
  readonly missed: Missed[];
  readonly off: () => void;
}

/** Comments stored before the client is created. */
const EARLIER = 7;

/** Carries out the steps, and returns what the remaining listeners received. */
async function play(transport: "websocket" | "sse", steps: readonly Step[]) {
  const id = newVideo();
  const stored: string[] = [];
  const publish = async (count: number) => {
    const more = names(count, `${id}-${stored.length}-`);
    stored.push(...more);
    await comment(id, ...more);
  };
  await publish(EARLIER);
  const ovation = client(network.url, { transport, reconnectFirstMs: 5, reconnectMaxMs: 5 });
  ovation.connect();
  const handles = new Map<number, Video>();
  const listening: Listening[] = [];
  const join = (history: number) => {
    // Some share a handle, others have their own.
    const shared = handles.get(history) ?? ovation.video(id, { history });
    const handle = listening.length % 2 === 0 ? shared : ovation.video(id, { history });
    handles.set(history, shared);
    const events = new Recorder<OvationEvent>();
    const missed: Missed[] = [];
    const offs = [handle.on("comment", events.take), handle.onMissed((one) => missed.push(one))];
    const off = () => {
      for (const one of offs) one();
    };
    listening.push({ history, events, missed, off });
  };
  for (const one of steps) {
    if (one.do === "join") join(one.history);
    else if (one.do === "leave") {
      for (const { off } of listening.splice(one.which % Math.max(1, listening.length), 1)) off();
    } else if (one.do === "comment") await publish(one.count);
    else if (one.do === "cut") network.cut();
    else await delay(one.ms);
  }
  return { ovation, id, stored, listening, publish };
}

describe.each(["websocket", "sse"] as const)(
  "over %s, in whatever order listeners join and leave",
  (transport) => {
    test("each listener gets the history that it requests, then everything new, once, in order", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
          const { ovation, id, stored, listening, publish } = await play(transport, steps);
          if (listening.length === 0) return ovation.close();
          // A final listener proves that the video is watched, whatever happened before.
          const last = hear(ovation.video(id, { history: 1 }));
          await last.events.first(() => true);
          await publish(1);
          const end = stored.at(-1) ?? "";
          await last.events.first((event) => event.id === end);
          for (const { history, events, missed } of listening) {
            await events.first((event) => event.id === end);
            const heard = idsOf(events.all);
            const start = stored.indexOf(heard[0] ?? "");
            // Without gaps or repeats, from as far back as requested.
            expect(heard).toEqual(stored.slice(start));
            expect(heard.length).toBeGreaterThanOrEqual(Math.min(history, stored.length));
            expect(start).toBeGreaterThanOrEqual(EARLIER - Math.min(history, EARLIER));
            expect(missed).toEqual([]);
          }
          ovation.close();
        }),
        {
          numRuns: Number(process.env["OVATION_TEST_RUNS"] ?? 25),
          endOnFailure: true,
          timeout: 60_000,
        },
      );
    });
  },
);
