/**
 * Invalid msgpack or JSON: the request is refused by its id, wherever that can be read, and its
 * connection stays open. Without an id, there is one error, a close code, and nothing else.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { encode } from "../../shared/protocol/wire/codec.ts";
import { FOREIGN, msgpackWith, sendBytes } from "../support/raw.ts";
import type { TestStack } from "../support/stack.ts";
import { TestSocket, watch } from "../support/viewer.ts";
import { useWatchedStack } from "../support/watched-stack.ts";

const LIMIT = 65_536;

let stack: TestStack;
let port: number;

const watched = useWatchedStack({ messageLimitBytes: LIMIT }, "json");
beforeAll(() => {
  ({ stack, port } = watched());
});

const PUBLISH = { op: "publish", id: 2, video: "ok-a", kind: "like", eventId: FOREIGN };

/** Sends a message in which no id can be read: it ends the connection. */
async function expectClosed(encoding: "msgpack" | "json", bytes: Uint8Array): Promise<void> {
  const viewer = await TestSocket.connect(port, encoding);
  sendBytes(viewer, bytes);
  sendBytes(viewer, encode(encoding, { ...PUBLISH, id: 3 }));
  expect(await viewer.untilClosed()).toEqual({ code: 4400, reason: "malformed" });
  expect(viewer.messages.slice(1)).toEqual([
    {
      op: "error",
      id: 0,
      code: "message_malformed",
      message: expect.stringMatching(/^the message/),
    },
  ]);
}

/** Sends a message whose id is 2: that request is refused, and the connection stays open. */
async function expectRefused(
  encoding: "msgpack" | "json",
  bytes: Uint8Array,
  error: Readonly<Record<string, unknown>>,
): Promise<void> {
  const viewer = await TestSocket.connect(port, encoding);
  sendBytes(viewer, bytes);
  viewer.sendMessage({ op: "ping", id: 3 });
  expect(await viewer.answerTo(2)).toMatchObject({ op: "error", ...error });
  expect(await viewer.answerTo(3)).toMatchObject({ op: "result" });
  expect(viewer.messages).toHaveLength(3);
  await viewer.close();
}

const MALFORMED = { code: "message_malformed", message: expect.stringMatching(/^the message/) };

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

/** A value nested in this many arrays. */
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

test.each([
  ["nothing", Buffer.alloc(0)],
  ["a number", hex("07")],
  ["a list", hex("91 07")],
  ["nil", hex("c0")],
  ["the byte that msgpack never uses", hex("c1")],
  ["JSON", Buffer.from(JSON.stringify(PUBLISH))],
  ["a map that never ends", hex("df ff ff ff ff")],
  ["a list that never ends", hex("dd ff ff ff ff")],
  ["text that never ends", hex("db ff ff ff ff")],
  ["20,000 nested lists", Buffer.alloc(20_000, 0x91)],
  ["20,000 incomplete maps", Buffer.from("81a161".repeat(20_000), "hex")],
])("%s instead of a msgpack message closes the connection", async (_what, bytes) => {
  await expectClosed("msgpack", bytes);
});

test.each([
  ["bytes after the value", Buffer.concat([encode("msgpack", PUBLISH), hex("c0")])],
  ["two messages in one", Buffer.concat([encode("msgpack", PUBLISH), encode("msgpack", PUBLISH)])],
  ["the byte that is never used", msgpackWith(PUBLISH, "data", hex("c1"))],
  ["a list longer than the message", msgpackWith(PUBLISH, "data", hex("dd 00 01 00 00 01 02 03"))],
  ["a map longer than the message", msgpackWith(PUBLISH, "data", hex("de ff ff a1 61 01"))],
  ["text longer than the message", msgpackWith(PUBLISH, "data", hex("d9 ff 61"))],
])("%s in a msgpack request is refused by its id", async (_what, bytes) => {
  await expectRefused("msgpack", bytes, MALFORMED);
});

test.each<[string, Buffer, string]>([
  ["an extension", hex("d4 01 00"), "data"],
  ["an extension of variable length", hex("c7 03 05 01 02 03"), "data"],
  ["an extension of msgpackr's own", hex("d4 72 40"), "data"],
  ["a timestamp", hex("d6 ff 00 00 00 00"), "data"],
  ["binary", hex("c4 01 00"), "data"],
  ["binary that never ends", hex("c6 ff ff ff ff"), "data"],
  ["a key __proto__", hex("81 a9 5f5f70726f746f5f5f 81 a1 61 01"), "data.__proto__"],
  [
    "a key prototype in constructor",
    encode("msgpack", { constructor: { prototype: { a: 1 } } }),
    "data.constructor.prototype",
  ],
  ["a key that is a number", hex("81 01 01"), "data"],
  ["a key that is nil", hex("81 c0 01"), "data"],
  ["a key that is a list", hex("81 91 01 01"), "data"],
  ["a key that is binary", hex("81 c4 01 61 01"), "data"],
  ["NaN", hex("cb 7ff8000000000000"), "data"],
  ["infinity", hex("cb 7ff0000000000000"), "data"],
  ["minus infinity in 32 bits", hex("ca ff800000"), "data"],
  ["2^53", hex("cf 0020000000000000"), "data"],
  ["2^53 as a float", hex("91 cb 4340000000000000"), "data[0]"],
  ["-2^53", hex("d3 ffe0000000000000"), "data"],
  ["the largest of 64 bits", hex("82 a1 61 c0 a1 62 cf ffffffffffffffff"), "data.b"],
  ["the smallest of 64 bits", hex("d3 8000000000000000"), "data"],
  ["the largest float", encode("msgpack", Number.MAX_VALUE), "data"],
  ["text that is not UTF-8", hex("92 01 a2 ff fe"), "data[1]"],
  ["half a surrogate pair", hex("a3 ed a0 80"), "data"],
  ["16 nested lists", encode("msgpack", nested(16)), `data${"[0]".repeat(15)}`],
])(
  "%s in a msgpack request's data is refused with the field's name",
  async (_what, data, field) => {
    await expectRefused("msgpack", msgpackWith(PUBLISH, "data", data), {
      code: "data_invalid",
      field,
      message: expect.stringContaining(`${field}: `),
    });
  },
);

test("a msgpack message that ends before its id closes the connection; one that ends after it is refused", async () => {
  const whole = encode("msgpack", { ...PUBLISH, data: { text: "héllo", list: [1.5, -7, 70_000] } });
  const id = whole.indexOf(hex("a2 6964 02")) + 4;
  for (let length = 0; length < whole.length; length += 1) {
    const bytes = whole.subarray(0, length);
    if (length < id) await expectClosed("msgpack", bytes);
    else await expectRefused("msgpack", bytes, MALFORMED);
  }
});

test.each([
  ["nothing", ""],
  ["a number", "7"],
  ["a list", `[${JSON.stringify(PUBLISH)}]`],
  ["null", "null"],
  ["text", '"publish"'],
  ["single quotes", JSON.stringify(PUBLISH).replaceAll('"', "'")],
  ["10,000 unclosed lists", "[".repeat(10_000)],
  ["msgpack", encode("msgpack", PUBLISH).toString("latin1")],
])("%s instead of a JSON message closes the connection", async (_what, text) => {
  await expectClosed("json", Buffer.from(text));
});

test.each([
  ["an unclosed object", JSON.stringify(PUBLISH).slice(0, -1)],
  ["two objects", `${JSON.stringify(PUBLISH)}${JSON.stringify(PUBLISH)}`],
  ["an extra comma", JSON.stringify(PUBLISH).replace("}", ",}")],
  ["a comment", `${JSON.stringify(PUBLISH)} // like`],
  ["NaN", `${JSON.stringify(PUBLISH).slice(0, -1)},"data":NaN}`],
  ["a bare NUL", `${JSON.stringify(PUBLISH).slice(0, -1)},"data":"\u0000"}`],
  ["a bare line break", `${JSON.stringify(PUBLISH).slice(0, -1)},"data":"\n"}`],
  ["its id at the end", JSON.stringify({ x: 1, ...PUBLISH }).replace('"x":1', "x:1")],
])("%s in a JSON request is refused by its id", async (_what, text) => {
  await expectRefused("json", Buffer.from(text), MALFORMED);
});

test.each([
  ["4,000 nested lists", "[".repeat(4_000) + "]".repeat(4_000), "[0]".repeat(15)],
  ["4,000 nested objects", `${'{"a":'.repeat(4_000)}1${"}".repeat(4_000)}`, ".a".repeat(15)],
  ["16 nested lists", JSON.stringify(nested(16)), "[0]".repeat(15)],
  ["a key __proto__", '{"__proto__":{"isAdmin":true}}', ".__proto__"],
  ["a key __proto__ that is escaped", '{"\\u005f_proto__":1}', ".__proto__"],
  [
    "a key prototype in constructor",
    '{"a":[{"constructor":{"prototype":{"isAdmin":true}}}]}',
    ".a[0].constructor.prototype",
  ],
  ["a number that overflows", "1e999", ""],
  ["a negative number that overflows", "-1e999", ""],
  ["2^53", "9007199254740992", ""],
  ["2^53 + 1", '{"n":[9007199254740993]}', ".n[0]"],
  ["-2^53 - 1", "-9007199254740993", ""],
  ["a long number", '{"id":1234567890123456789}', ".id"],
  ["a whole number with a fraction of zero", "1234567890123456789.0", ""],
  ["a whole number with an exponent", "1e20", ""],
  ["half a surrogate pair", '"\\ud800"', ""],
  ["half a surrogate pair as a key", '{"a":{"\\udc00":1}}', ".a"],
])("%s in a JSON request's data is refused with the field's name", async (_what, data, path) => {
  const field = `data${path}`;
  const text = `${JSON.stringify(PUBLISH).slice(0, -1)},"data":${data}}`;
  await expectRefused("json", Buffer.from(text), {
    code: "data_invalid",
    field,
    message: expect.stringContaining(`${field}: `),
  });
});

test.each(["msgpack", "json"] as const)(
  "over %s, an invalid value in another field is refused with that field's name",
  async (encoding) => {
    const odd = { ...PUBLISH, more: { list: [1, 2 ** 53] } };
    const error = { code: "field_invalid", field: "more.list[1]", limit: 2 ** 53 - 1 };
    await expectRefused(encoding, encode(encoding, odd), error);
    const deep = { ...PUBLISH, data: nested(16) };
    await expectRefused(encoding, encode(encoding, deep), { code: "data_invalid", limit: 15 });
  },
);

test.each(["msgpack", "json"] as const)(
  "over %s, an invalid value in a message without an id closes the connection",
  async (encoding) => {
    const { id: _, ...others } = PUBLISH;
    await expectClosed(encoding, encode(encoding, { ...others, data: nested(16) }));
  },
);

test.each([
  ["msgpack", false],
  ["json", true],
] as const)("on %s, a frame of the other type closes the connection", async (encoding, binary) => {
  const viewer = await TestSocket.connect(port, encoding);
  viewer.socket.send(JSON.stringify(PUBLISH), { binary });
  expect(await viewer.untilClosed()).toEqual({ code: 4415, reason: "frame_type" });
  expect(viewer.messages.slice(1)).toMatchObject([
    { op: "error", id: 0, code: "frame_type_wrong" },
  ]);
});

test.each([hex("ff fe"), hex("ed a0 80"), hex("c0 af"), Buffer.from('{"op":"é', "latin1")])(
  "text that is not UTF-8 ends the connection without a code",
  async (bytes) => {
    const viewer = await TestSocket.connect(port, "json");
    viewer.socket.send(bytes, { binary: false });
    expect(await viewer.untilClosed()).toEqual({ code: 1006, reason: "" });
  },
);

test("an unmasked frame has no effect, and the connection ends", async () => {
  const viewer = await TestSocket.connect(port, "json");
  const bytes = encode("json", { ...PUBLISH, eventId: undefined, data: FOREIGN });
  // The library reads the first four bytes as the mask, and so waits for four more.
  for (let n = 0; n < 2; n += 1) viewer.socket.send(bytes, { binary: false, mask: false });
  expect(await viewer.untilClosed()).toEqual({ code: 1006, reason: "" });
});

describe.each(["msgpack", "json"] as const)("over %s", (encoding) => {
  test.each([
    ["15 nested lists", nested(15)],
    ["a NUL, a line break and characters beyond 16 bits", "\u0000\n\r\u2028😀\uffff"],
    ["whole numbers up to 2^53", [2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 32, -(2 ** 31) - 1]],
    ["fractions", [0.1, 5e-324, -1.5, 9007199254740.25]],
    ["keys that any object has", JSON.parse('{"constructor":1,"toString":{"hasOwnProperty":2}}')],
    ["keys that only look dangerous", JSON.parse('{"constructor":{"a":{"prototype":1}}}')],
    ["only empty values", [null, "", [], {}, false, 0]],
  ])("%s in data reach viewers unchanged, on every wire", async (_what, data) => {
    const publisher = await TestSocket.connect(port, encoding);
    const wires = ["msgpack", "json", "sse"] as const;
    const viewers = await Promise.all(wires.map((wire) => watch(wire, port, `ok-${encoding}`)));
    await stack.mirrored(`ok-${encoding}`, viewers.length);
    const { eventId } = await publisher.ask("publish", {
      video: `ok-${encoding}`,
      kind: "comment",
      data,
    });
    for (const viewer of viewers) {
      const got = await viewer.until(() =>
        viewer.of(`ok-${encoding}`, "comment").find(({ id }) => id === eventId),
      );
      expect(got.data).toEqual(data);
      await viewer.close();
    }
    await publisher.close();
  });
});

test("the last of two equal fields counts", async () => {
  const viewer = await TestSocket.connect(port, "json");
  const text =
    '{"op":"shout","id":3,"video":"ok-a","kind":"no","id":2,"kind":"like","op":"publish"}';
  viewer.socket.send(text);
  expect(await viewer.answerTo(2)).toMatchObject({ op: "result" });
  await viewer.close();
});
