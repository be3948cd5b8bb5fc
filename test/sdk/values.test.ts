/**
 * Whatever an application publishes arrives as documented or is refused with an error, and affects
 * nothing else. One client and one connection per transport for all of it.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OvationError, type OvationEvent } from "../../sdk/index.ts";
import { encode } from "../../shared/protocol/wire/codec.ts";
import { postBytes, sendBytes } from "../support/raw.ts";
import { Recorder } from "../support/recorder.ts";
import { TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";
import { client, connected, statesOf } from "./support/client.ts";

const LIMIT = 600;
/** Less than the SDK's default, to show that the gateway's limit counts. */
const MESSAGE_LIMIT = 2_048;

let stack: TestStack;
let url: string;
beforeAll(async () => {
  const gateway = { messageLimitBytes: MESSAGE_LIMIT, dataLimitBytes: LIMIT, lingerMs: 0 };
  stack = await TestStack.start({ gateway, dispatcher: { dataLimitBytes: LIMIT } });
  url = `http://127.0.0.1:${stack.gateway.port}`;
});
afterAll(async () => {
  await stack?.stop();
});

/** A number inside this many lists. */
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

const anything = fc.oneof(
  fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  }),
  fc.integer({ min: 0, max: 20 }).map(nested),
  fc.string({ unit: "binary", maxLength: 2 * LIMIT }),
  fc.string({ minLength: 40_000, maxLength: 100_000 }),
  fc.constantFrom<unknown>(
    { text: "\ud800" },
    JSON.parse('{"__proto__":1}'),
    { toJSON: () => new Map() },
    {
      get text(): string {
        throw new Error("not now");
      },
    },
  ),
);

/** Why it was refused; undefined if it was accepted. */
async function refusalOf(publishing: Promise<unknown>): Promise<OvationError | undefined> {
  try {
    await publishing;
  } catch (error) {
    expect(error).toBeInstanceOf(OvationError);
    return error as OvationError;
  }
  return undefined;
}

describe.each(["websocket", "sse"] as const)("over %s", (transport) => {
  test("any value is published and arrives as JSON encodes it, or is refused with an error", async () => {
    const ovation = client(url, { transport });
    const events = new Recorder<OvationEvent>();
    const video = ovation.video(`any-${transport}`);
    video.on("comment", events.take);
    await connected(ovation);
    const states = statesOf(ovation);
    await fc.assert(
      fc.asyncProperty(anything, async (data) => {
        const publishing = video.publish("comment", data);
        const refusal = await refusalOf(publishing);
        if (refusal !== undefined) {
          expect(["data_invalid", "data_too_large"]).toContain(refusal.code);
          expect(refusal.field).toMatch(/^data/);
          return;
        }
        const { eventId } = await publishing;
        const event = await events.first(({ id }) => id === eventId);
        expect(event.data).toEqual(JSON.parse(JSON.stringify({ data })).data);
      }),
      { numRuns: 150 },
    );
    expect(states.all.map(({ name }) => name)).toEqual(["connected"]);
  });

  test.each<[string, unknown, object]>([
    ["20,000 characters", { text: "x".repeat(20_000) }, { code: "data_too_large", limit: LIMIT }],
    ["100,000 characters", "x".repeat(100_000), { code: "data_too_large", limit: LIMIT }],
    ["a megabyte", "x".repeat(1_000_000), { code: "data_too_large" }],
    ["16 nested lists", nested(16), { code: "data_invalid", limit: 15 }],
    ["a key __proto__", JSON.parse('{"__proto__":1}'), { code: "data_invalid" }],
  ])(
    "%s are refused at once, and a concurrent publish is not affected",
    async (_what, data, error) => {
      const ovation = client(url, { transport });
      const video = ovation.video("beside");
      await connectedBy(ovation);
      const states = statesOf(ovation);
      const [refused, taken] = await Promise.allSettled([
        video.publish("comment", data),
        video.publish("comment", "beside it"),
      ]);
      expect(refused).toMatchObject({ status: "rejected", reason: { ...error, video: "beside" } });
      expect(taken).toMatchObject({ status: "fulfilled" });
      expect(states.all).toHaveLength(1);
    },
  );

  test("what is published before the limits are known is checked once they are", async () => {
    const ovation = client(url, { transport });
    const video = ovation.video("early");
    const outcomes = await Promise.allSettled([
      video.publish("comment", "x".repeat(LIMIT)),
      video.publish("boo" as "like"),
      video.publish("comment", "x".repeat(LIMIT - 3)),
    ]);
    expect(outcomes).toMatchObject([
      { reason: { code: "data_too_large", field: "data", limit: LIMIT } },
      { reason: { code: "kind_unknown", field: "kind" } },
      { status: "fulfilled" },
    ]);
  });

  test.each([
    ["viewers", "kind_reserved"],
    ["retracted", "kind_reserved"],
    ["Not a kind", "kind_unknown"],
    ["x".repeat(100_000), "kind_unknown"],
    // It may be new: the gateway knows.
    ["boo", "kind_unknown"],
  ])("the kind %.20s is refused with %s", async (kind, code) => {
    const ovation = client(url, { transport });
    await connectedBy(ovation);
    const refusal = await refusalOf(ovation.video("kinds").publish(kind as "like"));
    expect(refusal).toMatchObject({ code, field: "kind", video: "kinds" });
    expect(ovation.state.name).toBe("connected");
  });
});

async function connectedBy(ovation: ReturnType<typeof client>): Promise<void> {
  ovation.connect();
  await connected(ovation);
}

test("the SDK refuses what the gateway does, with its code, field and limit, and accepts the rest", async () => {
  const ovation = client(url);
  await connectedBy(ovation);
  const json = await TestSocket.connect(stack.gateway.port, "json");
  const msgpack = await TestSocket.connect(stack.gateway.port, "msgpack");
  let id = 1;
  const answer = async (viewer: TestSocket, encoding: "json" | "msgpack", request: object) => {
    id += 1;
    sendBytes(viewer, encode(encoding, { op: "publish", video: "same", id, ...request }));
    return await viewer.answerTo(id);
  };
  const request = fc.record({
    kind: fc.constantFrom("like", "comment", "viewers", "", "A"),
    data: fc.oneof(
      fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }),
      fc.integer({ min: 10, max: 20 }).map(nested),
      fc.integer({ min: LIMIT - 8, max: LIMIT + 3 }).map((length) => "é".repeat(length / 2)),
      fc.array(fc.integer({ min: -70_000, max: 70_000 }), { minLength: 180, maxLength: 240 }),
      fc.constantFrom<unknown>({ a: [2 ** 53] }, { constructor: { prototype: 1 } }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ kind, data }) => {
      const refusal = await refusalOf(ovation.video("same").publish(kind as "like", data));
      const { code, field, limit } = refusal ?? {};
      const headers = { "content-type": "application/json" };
      const posted = await postBytes(
        stack.gateway.port,
        "same",
        JSON.stringify({ kind, data }),
        headers,
      );
      const answers = [
        await answer(json, "json", { kind, data }),
        await answer(msgpack, "msgpack", { kind, data }),
        posted.status === 200 ? {} : posted.error,
      ];
      for (const { code: theirs, field: theirField, limit: theirLimit } of answers as Record<
        string,
        unknown
      >[]) {
        expect([theirs, theirField, theirLimit]).toEqual([code, field, limit]);
      }
    }),
    { numRuns: 150 },
  );
  await json.close();
  await msgpack.close();
});

test("a token that is too large ends the connection with an error, and is not sent again", async () => {
  const ovation = client(url, { token: "t".repeat(100_000) });
  ovation.connect();
  const states = statesOf(ovation);
  const state = await states.first(({ name }) => name === "closed");
  expect(state).toMatchObject({ reason: { code: "message_too_large" } });
});
