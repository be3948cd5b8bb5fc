/**
 * Any bytes from which a request's id can be read get one answer by that id, and the connection
 * stays open: many random messages, all on the same connection.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Encoding, encode } from "../../shared/protocol/wire/codec.ts";
import { sendBytes } from "../support/raw.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { TestSocket } from "../support/viewer.ts";

const LIMIT = 4_096;

const stack = useTestStack({ gateway: { messageLimitBytes: LIMIT, subscriptionsLimit: 1 } });

const op = fc.oneof(
  fc.constantFrom("publish", "subscribe", "unsubscribe", "ping", "connect", "refresh"),
  fc.string(),
);
const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("launch", "like", "comment"));

/** Values of msgpack: valid ones, ones that no request may hold, and truncated ones. */
const msgpackValue = fc.oneof(
  fc.jsonValue({ stringUnit: "binary" }).map((value) => encode("msgpack", value)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom("c1", "c40107", "d40100", "8101c0", "cfffffffffffffffff", "cb7ff0000000000000")
    .map((hex) => Buffer.from(hex, "hex")),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => Buffer.alloc(depth, 0x91)),
  fc.integer({ min: LIMIT, max: 3 * LIMIT }).map((length) => encode("msgpack", "x".repeat(length))),
);

/** The same for JSON. */
const jsonValue = fc.oneof(
  fc.json({ stringUnit: "binary" }),
  fc.string({ unit: "binary" }).map((given) => given.toWellFormed()),
  fc.constantFrom(
    "NaN",
    "1e999",
    "-9007199254740993",
    '"\\ud800"',
    '{"__proto__":1}',
    "[",
    '"',
    "\\",
  ),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => "[".repeat(depth) + "]".repeat(depth)),
  fc.integer({ min: LIMIT, max: 3 * LIMIT }).map((length) => JSON.stringify("x".repeat(length))),
);

/** A request whose id comes first, so that it can be read whatever follows. */
const messages: Readonly<Record<Encoding, fc.Arbitrary<(id: number) => Uint8Array>>> = {
  msgpack: fc
    .tuple(op, text, text, msgpackValue, fc.boolean())
    .map(([name, video, kind, data, isAlone]) => (id) => {
      const fields = encode("msgpack", { id, op: name, video, kind, data: null });
      const head = isAlone ? fields.subarray(0, fields.indexOf(encode("msgpack", "op"))) : fields;
      return Buffer.concat([isAlone ? head : head.subarray(0, -1), data]);
    }),
  json: fc
    .tuple(op, text, text, jsonValue, fc.boolean())
    .map(([name, video, kind, data, isAlone]) => (id) => {
      const fields = isAlone ? {} : { op: name, video, kind };
      const rest = JSON.stringify(fields).slice(1, -1).toWellFormed();
      return Buffer.from(`{"id":${id},${rest}${isAlone ? "" : ","}"data":${data}}`);
    }),
};

describe.each(["msgpack", "json"] as const)("over %s", (encoding) => {
  test("each message is answered once by its id, and the connection stays open", async () => {
    const viewer = await TestSocket.connect(stack().gateway.port, encoding);
    let lastId = 1;
    await fc.assert(
      fc.asyncProperty(messages[encoding], async (message) => {
        const id = lastId + 1;
        lastId += 2;
        sendBytes(viewer, message(id));
        viewer.sendMessage({ op: "ping", id: lastId });
        const isAnswered = (sent: number) => viewer.messages.some((one) => one["id"] === sent);
        await viewer.until(() => viewer.closed ?? (isAnswered(id) && isAnswered(lastId)));
        expect(viewer.closed).toBeUndefined();
        const answers = viewer.messages.splice(0).filter((one) => "id" in one);
        expect(answers.map((one) => Number(one["id"])).toSorted((a, b) => a - b)).toEqual(
          lastId === 3 ? [1, id, lastId] : [id, lastId],
        );
      }),
      { numRuns: 400 },
    );
    await viewer.close();
  });
});
