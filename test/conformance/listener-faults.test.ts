/**
 * A handler that throws: the fault is reported once, its own connection ends, and no other is
 * affected. An exception that reaches this process fails the run, so the process survives.
 */

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addressKey } from "../../gateway/limits/client-key.ts";
import type { Listener, SocketHandlers, ViewerSocket } from "../../gateway/transport/listener.ts";
import { OPCODE } from "../../kit/websocket/frames.ts";
import { eventually } from "../support/eventually.ts";
import { ask, RawSocket } from "../support/raw.ts";
import { testListener } from "../support/test-listener.ts";
import { close, handshake, text, WireSocket } from "../support/websocket-wire.ts";

const BUFFER_BYTES = 4_096;
/** More than the kernel buffers for a client that doesn't read. */
const FLOOD_BYTES = 12 * 2 ** 20;

/** The handler that throws next; empty for none. */
let faulty = "";
let reported: unknown[] = [];
let listener: Listener;
let port: number;

function throwIf(name: string): void {
  if (faulty !== name) return;
  faulty = "";
  throw new Error(name);
}

/** Echoes messages, or on request sends far more than the client can take. */
function handlersOf(socket: ViewerSocket): SocketHandlers {
  return {
    onMessage: (bytes, isBinary) => {
      throwIf("onMessage");
      const isFlood = Buffer.from(bytes).toString() === "flood";
      socket.send(isFlood ? Buffer.alloc(FLOOD_BYTES) : bytes, isBinary);
    },
    onControl: () => throwIf("onControl"),
    onDrain: () => throwIf("onDrain"),
    onClose: () => throwIf("onClose"),
  };
}

beforeAll(async () => {
  listener = testListener({
    bufferLimitBytes: BUFFER_BYTES,
    // No ping comes between the frames that a test expects.
    pingIntervalMs: 600_000,
    checkHandshake: ({ version }) => {
      throwIf("checkHandshake");
      if (version !== "13") throw new Error("refused");
      return "ovation.v1.json";
    },
    admit: () => {
      throwIf("admit");
      return { address: addressKey(""), reconnectAfterMs: undefined };
    },
    onSocket: (socket) => {
      throwIf("onSocket");
      return handlersOf(socket);
    },
    onRequest: (exchange) => {
      throwIf("onRequest");
      exchange.respond(200, {}, "there");
    },
    onRefused: (exchange) => {
      throwIf("onRefused");
      exchange.respond(400, {}, "refused");
    },
    onFault: (error) => reported.push(error instanceof Error ? error.message : error),
  });
  port = await listener.start();
});
afterAll(() => {
  listener?.stop();
});
beforeEach(() => {
  reported = [];
});

/** Sends a message and resolves with the echo; undefined if the connection ends. */
async function echoed(socket: WireSocket, message: string): Promise<string | undefined> {
  socket.write(text(message));
  return (await socket.next())?.payload.toString();
}

/** Runs `trouble` on its own connection, beside another that must not notice. */
async function besideAnother(trouble: () => Promise<void>): Promise<void> {
  const other = await WireSocket.open(port);
  expect(await echoed(other, "before")).toBe("before");
  await trouble();
  expect(await echoed(other, "after")).toBe("after");
  const next = await WireSocket.open(port);
  expect(await echoed(next, "next")).toBe("next");
  for (const socket of [other, next]) socket.destroy();
}

test.each(["onSocket", "onMessage"])("a throw in %s closes its socket with 1011", async (name) => {
  await besideAnother(async () => {
    faulty = name;
    const socket = await WireSocket.open(port);
    socket.write(text("hello"));
    const frame = await socket.next();
    expect(frame?.opcode).toBe(OPCODE.close);
    expect(frame?.payload.readUInt16BE(0)).toBe(1011);
    expect(await socket.next()).toBeUndefined();
    expect(reported).toEqual([name]);
  });
});

test("a throw in onClose is reported, and the socket still closes", async () => {
  await besideAnother(async () => {
    faulty = "onClose";
    const socket = await WireSocket.open(port);
    socket.write(close(1000));
    expect((await socket.next())?.opcode).toBe(OPCODE.close);
    await socket.untilClosed();
    await eventually(() => reported.length > 0);
    expect(reported).toEqual(["onClose"]);
  });
});

test("a throw in onDrain closes its socket", async () => {
  await besideAnother(async () => {
    const socket = await WireSocket.open(port);
    faulty = "onDrain";
    socket.write(text("flood"));
    expect((await socket.next())?.payload.length).toBe(FLOOD_BYTES);
    expect((await socket.next())?.opcode).toBe(OPCODE.close);
    await socket.untilClosed();
    expect(reported).toEqual(["onDrain"]);
  });
});

test.each(["checkHandshake", "admit"])(
  "a throw in %s refuses the handshake with an answer",
  async (name) => {
    await besideAnother(async () => {
      faulty = name;
      const socket = await RawSocket.open(port);
      socket.write(handshake());
      expect((await socket.response()).status).toBe(400);
      socket.destroy();
      expect(reported).toEqual([]);
    });
  },
);

test.each([
  ["onRequest", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["onRefused", handshake().replace("Version: 13", "Version: 8")],
])("a throw in %s ends its connection without an answer", async (name, request) => {
  await besideAnother(async () => {
    faulty = name;
    const socket = await RawSocket.open(port);
    socket.write(request);
    await socket.untilClosed();
    await expect(socket.response()).rejects.toThrow('closed after ""');
    expect(reported).toEqual([name]);
    expect((await ask(port, { path: "/" })).status).toBe(200);
  });
});
