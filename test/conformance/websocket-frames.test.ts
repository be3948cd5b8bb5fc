/**
 * Incoming RFC 6455: framing, control frames, reserved bits, opcodes and fragmentation. The numbers
 * are sections of the Autobahn test suite. Each case is sent at once, frame by frame, and byte by
 * byte, and each time the server answers the same.
 */

import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { OPCODE } from "../../kit/websocket/frames.ts";
import { useWatchedStack } from "../support/watched-stack.ts";
import { close, fragments, frame, ping, text } from "../support/websocket-wire.ts";
import { connected, FAILED, request, untilEnd } from "../support/wire-conversation.ts";

const LIMIT = 65_536;
let port: number;
const watched = useWatchedStack({ messageLimitBytes: LIMIT }, "msgpack");
beforeAll(() => {
  ({ port } = watched());
});

/** A description, the frames after `connect`, and all that the server sends in response. */
type Case = readonly [string, readonly Uint8Array[], readonly string[]];

const GOODBYE = close(1000);
const GONE = ["close 1000", FAILED];
const part = (payload: string | Uint8Array, fin: boolean) =>
  frame({ opcode: OPCODE.continuation, payload, fin });
const begin = (payload: string | Uint8Array) => frame({ opcode: OPCODE.text, payload, fin: false });
const pong = (payload: string | Uint8Array) => `pong ${Buffer.from(payload).toString("hex")}`;
const NOISE = Buffer.from("00fffefdfcfb00ff", "hex");
const [HEAD, TAIL] = [request(2).subarray(0, 10), request(2).subarray(10)];

const FRAMING: readonly Case[] = [
  ...[125, 126, 127, 128, 65_535, LIMIT].map(
    (bytes): Case => [
      `1.1 a text message of ${bytes} bytes is accepted`,
      [text(request(2, bytes)), GOODBYE],
      ["answer 2", ...GONE],
    ],
  ),
  [
    "1.1 an empty text message is a message, but not one of Ovation's",
    [text("")],
    ["error message_malformed", "close 4400", FAILED],
  ],
  [
    "1.2 a binary message is a message, but of the wrong type here",
    [frame({ opcode: OPCODE.binary, payload: request(2) })],
    ["error frame_type_wrong", "close 4415", FAILED],
  ],
  [
    "1.3 a length with its highest bit set fails the connection (section 5.2)",
    [frame({ opcode: OPCODE.text, length: 2n ** 63n, lengthBytes: 8 })],
    [FAILED],
  ],
  [
    "1.3 a mask of zeros is a mask",
    [frame({ opcode: OPCODE.text, payload: request(2), mask: Buffer.alloc(4) }), GOODBYE],
    ["answer 2", ...GONE],
  ],
];

const CONTROL: readonly Case[] = [
  ["2.1 an empty ping is answered", [ping(), GOODBYE], [pong(""), ...GONE]],
  ["2.2 a ping's text comes back", [ping("Hello"), GOODBYE], [pong("Hello"), ...GONE]],
  ["2.3 a ping's bytes come back", [ping(NOISE), GOODBYE], [pong(NOISE), ...GONE]],
  [
    "2.4 a ping of 125 bytes is answered",
    [ping(Buffer.alloc(125, 0xfe)), GOODBYE],
    [pong(Buffer.alloc(125, 0xfe)), ...GONE],
  ],
  ["2.5 a ping of 126 bytes fails the connection", [ping(Buffer.alloc(126))], [FAILED]],
  [
    "2.7 an unsolicited pong is ignored",
    [frame({ opcode: OPCODE.pong, payload: "unasked" }), ping("a"), GOODBYE],
    [pong("a"), ...GONE],
  ],
  [
    "2.10 ten pings are answered in order",
    [...Array.from({ length: 10 }, (_, n) => ping(`ping ${n}`)), GOODBYE],
    [...Array.from({ length: 10 }, (_, n) => pong(`ping ${n}`)), ...GONE],
  ],
];

const OPCODES_RESERVED = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
const RESERVED: readonly Case[] = [
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((reserved): Case[] => [
    [
      `3 a message with the reserved bits ${reserved} fails the connection`,
      [frame({ opcode: OPCODE.text, payload: request(2), reserved }), ping()],
      [FAILED],
    ],
    [
      `3 a ping with the reserved bits ${reserved} fails the connection`,
      [frame({ opcode: OPCODE.ping, reserved })],
      [FAILED],
    ],
    [
      `3 a Close with the reserved bits ${reserved} fails the connection`,
      [frame({ opcode: OPCODE.close, reserved })],
      [FAILED],
    ],
  ]),
  ...OPCODES_RESERVED.flatMap((opcode): Case[] => [
    [`4 the empty opcode ${opcode} fails the connection`, [frame({ opcode }), ping()], [FAILED]],
    [
      `4 the opcode ${opcode} with a payload fails the connection`,
      [frame({ opcode, payload: request(2) }), ping()],
      [FAILED],
    ],
  ]),
];

const FRAGMENTED: readonly Case[] = [
  ...[OPCODE.ping, OPCODE.pong, OPCODE.close].map(
    (opcode): Case => [
      `5.1 a control frame ${opcode} in fragments fails the connection`,
      [frame({ opcode, payload: "fragment", fin: false }), part("fragment", true)],
      [FAILED],
    ],
  ),
  [
    "5.3 a message in two frames is one message",
    [begin(HEAD), part(TAIL, true), GOODBYE],
    ["answer 2", ...GONE],
  ],
  [
    "5.6 a ping between the frames of a message is answered before it",
    [begin(HEAD), ping("between"), part(TAIL, true), GOODBYE],
    [pong("between"), "answer 2", ...GONE],
  ],
  ...[true, false].map(
    (fin): Case => [
      `5.9 a continuation without a first frame, ${fin ? "the last" : "not the last"}, fails the connection`,
      [part("continuation", fin), text(request(2))],
      [FAILED],
    ],
  ),
  [
    "5.12 a continuation after a complete message fails the connection",
    [text(request(2)), part("continuation", true), text(request(3))],
    ["answer 2", FAILED],
  ],
  [
    "5.15 a message in two frames, and then a continuation without a first frame",
    [begin(HEAD), part(TAIL, true), part("continuation", false), text(request(3))],
    ["answer 2", FAILED],
  ],
  [
    "5.18 a message that begins before the last one is complete fails the connection",
    [begin(HEAD), text(request(3)), part(TAIL, true)],
    [FAILED],
  ],
  [
    "5.19 a message in frames with empty ones among them, and pings between them",
    [
      begin(""),
      part(HEAD, false),
      ping("1"),
      part("", false),
      part(TAIL, false),
      ping("2"),
      part("", true),
      GOODBYE,
    ],
    [pong("1"), pong("2"), "answer 2", ...GONE],
  ],
  [
    "5.20 a message in frames of one byte",
    [...fragments(OPCODE.text, request(2, 100), 1), GOODBYE],
    ["answer 2", ...GONE],
  ],
  [
    "5.20 two messages in fragments, one after the other",
    [...fragments(OPCODE.text, request(2), 5), ...fragments(OPCODE.text, request(3), 7), GOODBYE],
    ["answer 2", "answer 3", ...GONE],
  ],
  [
    "10.1 a message of 65,536 bytes in frames of 1,300",
    [...fragments(OPCODE.text, request(2, LIMIT), 1_300), GOODBYE],
    ["answer 2", ...GONE],
  ],
];

/** Above this, sending byte by byte takes long and shows nothing new. */
const TRICKLED_BYTES = 2_000;

describe.each([
  ["framing", FRAMING],
  ["control frames", CONTROL],
  ["reserved bits and opcodes", RESERVED],
  ["fragmentation", FRAGMENTED],
] as const)("%s", (_section, cases) => {
  test.each(cases)("%s", async (_what, frames, expected) => {
    const bytes = Buffer.concat(frames);
    // A connection that fails may lose the answers to the same read.
    const mayBeLost = !expected.some((line) => line.startsWith("close"));
    const isExpected = (lines: readonly string[]) =>
      isDeepStrictEqual(lines, expected) || (mayBeLost && isDeepStrictEqual(lines, [FAILED]));
    const atOnce = await connected(port);
    atOnce.write(bytes);
    expect(await untilEnd(atOnce), "at once").toSatisfy(isExpected);

    const byFrame = await connected(port);
    for (const one of frames) byFrame.write(one);
    expect(await untilEnd(byFrame), "frame by frame").toSatisfy(isExpected);

    if (bytes.length > TRICKLED_BYTES) return;
    const byByte = await connected(port);
    await byByte.trickle(bytes);
    expect(await untilEnd(byByte), "byte by byte").toEqual(expected);
  });
});
