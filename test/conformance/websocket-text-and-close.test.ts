/**
 * Incoming RFC 6455: UTF-8, the closing handshake, and messages over the limits. The numbers are
 * sections of the Autobahn test suite.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { OPCODE } from "../../kit/websocket/frames.ts";
import { FOREIGN } from "../support/raw.ts";
import { useWatchedStack } from "../support/watched-stack.ts";
import { close, fragments, frame, ping, text } from "../support/websocket-wire.ts";
import { connected, FAILED, request, requestWith, untilEnd } from "../support/wire-conversation.ts";

const LIMIT = 4_096;
/** Above this multiple of the limit, the listener itself ends the connection. */
const FACTOR = 4;
let port: number;
const watched = useWatchedStack({ messageLimitBytes: LIMIT }, "json");
beforeAll(() => {
  ({ port } = watched());
});

const GOODBYE = close(1000);
const GONE = ["close 1000", FAILED];

/** All that the server sends in response to these frames after `connect`, sent in one write. */
async function responseTo(...frames: readonly Uint8Array[]): Promise<string[]> {
  const socket = await connected(port);
  socket.write(Buffer.concat(frames));
  return await untilEnd(socket);
}

const hex = (digits: string) => Buffer.from(digits.replaceAll(" ", ""), "hex");

describe("6 UTF-8", () => {
  test.each([
    ["6.2 Greek", Buffer.from("κόσμε")],
    ["6.2 beyond 16 bits", Buffer.from("😀\u{10ffff}")],
    ["6.5 the first of each length", hex("c280 e0a080 f0908080")],
    ["6.7 the last of each length", hex("7f dfbf efbfbf f48fbfbf")],
    ["6.9 around the surrogates", hex("ed9fbf ee8080 efbfbd")],
    ["6.22 noncharacters", hex("efbfbe efbfbf f09fbfbe f09fbfbf f48fbfbe")],
  ])("%s is accepted, whole and split within its characters", async (_what, fill) => {
    const message = requestWith(2, fill);
    expect(await responseTo(text(message), GOODBYE)).toEqual(["answer 2", ...GONE]);
    const cut = fragments(OPCODE.text, message, 1);
    expect(await responseTo(...cut, GOODBYE)).toEqual(["answer 2", ...GONE]);
  });

  test.each([
    ["6.3 a sequence that breaks off", hex("cebae1bdb9cf83cebcceb5 eda080 656469746564")],
    ["6.4 beyond the last character", hex("f4908080")],
    ["6.6 half a character", hex("ce")],
    ["6.8 a sequence of five bytes", hex("f888808080")],
    ["6.8 a sequence of six bytes", hex("fc8480808080")],
    ["6.10 far beyond Unicode", hex("f7bfbfbf")],
    ["6.12 a continuation byte alone", hex("80")],
    ["6.14 a first byte alone", hex("c0 20")],
    ["6.16 a first byte of three alone", hex("e0 20")],
    ["6.18 a longer form than needed", hex("c0af")],
    ["6.18 a longer form of NUL", hex("e08080")],
    ["6.20 the first half of a pair", hex("eda080")],
    ["6.20 the second half of a pair", hex("edbfbf")],
    ["6.20 a pair of halves", hex("eda080 edb080")],
    ["6.21 bytes that never occur", hex("fffe")],
  ])("%s fails the connection, whole and in fragments", async (_what, fill) => {
    const message = requestWith(2, fill);
    expect(await responseTo(text(message), ping())).toEqual([FAILED]);
    const cut = fragments(OPCODE.text, message, 1);
    expect(await responseTo(...cut)).toEqual([FAILED]);
  });
});

describe("7 the closing handshake", () => {
  const publish = text(
    JSON.stringify({ op: "publish", id: 9, video: "ok-a", kind: "like", data: FOREIGN }),
  );

  // After each test, the watched stack checks that the publish after the Close was not carried out.
  test("7.1 nothing after a Close is read: no message, no ping, no second Close", async () => {
    expect(await responseTo(GOODBYE, publish, ping(), close(3000))).toEqual(GONE);
    expect(await responseTo(text(request(2)), close(1001), publish)).toEqual([
      "answer 2",
      "close 1001",
      FAILED,
    ]);
  });

  test("7.1 a Close amid the fragments of a message ends it", async () => {
    const [first = Buffer.of(), ...rest] = fragments(OPCODE.text, request(2), 8);
    expect(await responseTo(first, GOODBYE, ...rest)).toEqual(GONE);
  });

  test("7.3 a Close without a code is answered by one", async () => {
    const [answer, end] = await responseTo(close());
    expect(answer).toMatch(/^close( 1000| 1005)?$/);
    expect(end).toBe(FAILED);
  });

  test("7.3 a Close of one byte fails the connection", async () => {
    expect(await responseTo(frame({ opcode: OPCODE.close, payload: "a" }))).toEqual([
      "close",
      FAILED,
    ]);
  });

  test.each([0, 1, 122, 123])("7.3 a reason of %i bytes is accepted", async (bytes) => {
    expect(await responseTo(close(1000, "x".repeat(bytes)))).toEqual(GONE);
  });

  test("7.3 a reason of 124 bytes makes the frame too long, and fails the connection", async () => {
    expect(await responseTo(close(1000, "x".repeat(124)))).toEqual([FAILED]);
  });

  test("7.5 a reason that is not UTF-8 fails the connection", async () => {
    expect(await responseTo(close(1000, hex("cebae1bdb9 eda080")))).toEqual(["close", FAILED]);
  });

  test.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 4000, 4999])(
    "7.7 the code %i is answered with itself",
    async (code) => {
      expect(await responseTo(close(code))).toEqual([`close ${code}`, FAILED]);
    },
  );

  // Section 5.5.1 lets the answer have another code, or none: `docs/conformance.md`.
  test.each([1012, 3000, 3999])("7.7 the code %i is answered without a code", async (code) => {
    expect(await responseTo(close(code))).toEqual(["close", FAILED]);
  });

  test.each([0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535])(
    "7.9 the code %i may not be sent, and is not answered with itself",
    async (code) => {
      expect(await responseTo(close(code))).toEqual(["close", FAILED]);
    },
  );
});

describe("9 limits", () => {
  const long = (bytes: number, id = 2) => request(id, bytes);
  const TOO_LARGE = ["error message_too_large", ...GONE];

  test.each([
    ["of the limit is accepted", LIMIT, ["answer 2", ...GONE]],
    ["a byte over the limit is refused with an error", LIMIT + 1, TOO_LARGE],
    ["of four times the limit is refused with an error", FACTOR * LIMIT, TOO_LARGE],
    ["a byte over that fails the connection", FACTOR * LIMIT + 1, [FAILED]],
  ])("a message %s, in one frame and in five", async (_what, bytes, expected) => {
    const message = long(bytes);
    expect(await responseTo(text(message), GOODBYE)).toEqual(expected);
    const five = fragments(OPCODE.text, message, Math.ceil(bytes / 5));
    expect(await responseTo(...five, GOODBYE)).toEqual(expected);
  });

  test.each([2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n])(
    "a frame that claims %i bytes fails the connection before they arrive",
    async (length) => {
      expect(await responseTo(frame({ opcode: OPCODE.text, length, lengthBytes: 8 }))).toEqual([
        FAILED,
      ]);
    },
  );
});
