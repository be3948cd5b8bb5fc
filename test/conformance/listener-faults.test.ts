/**
 * A handler that throws: it is told once, its own connection ends, and no other is touched. That
 * the process lives is shown by this one: an exception that reaches it fails the run.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  Listener,
  type SocketHandlers,
  type ViewerSocket,
} from "../../gateway/transport/listener.ts";
import { eventually } from "../support/eventually.ts";
import { ask, RawSocket } from "../support/raw.ts";
import { close, handshake, OPCODE, text, WireSocket } from "../support/websocket-wire.ts";

const BUFFER_BYTES = 4_096;
/** More than the kernel takes for a client that doesn't read. */
const FLOOD_BYTES = 12 * 2 ** 20;

/** Which handler throws; empty: none. */
let faulty = "";
let told: unknown[] = [];
let listener: Listener;
let port: number;

function throwIf(name: string): void {
  if (faulty !== name) return;
  faulty = "";
  throw new Error(name);
}

/** Sends back what comes, or, when asked, far more than the client can take. */
function handlersOf(socket: ViewerSocket): SocketHandlers {
  return {
    onMessage: (bytes, isBinary) => {
      throwIf("onMessage");
      const isFlood = Buffer.from(bytes).toString() === "flood";
      socket.send(isFlood ? Buffer.alloc(FLOOD_BYTES) : bytes, isBinary);
    },
    onPing: () => throwIf("onPing"),
    onDrain: () => throwIf("onDrain"),
    onClose: () => throwIf("onClose"),
  };
}

beforeAll(async () => {
  listener = new Listener({
    host: "127.0.0.1",
    port: 0,
    sharePort: false,
    basePath: "",
    headLimitBytes: 32_768,
    messageLimitBytes: 1_024,
    bufferLimitBytes: BUFFER_BYTES,
    idleTimeoutMs: 32_000,
    pingIntervalMs: 4_000,
    checkHandshake: ({ version }) => {
      throwIf("checkHandshake");
      if (version !== "13") throw new Error("refused");
      return "ovation.v1.json";
    },
    admit: () => {
      throwIf("admit");
      return { address: "", reconnectAfterMs: undefined };
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
    onFault: (error) => told.push(error instanceof Error ? error.message : error),
  });
  port = await listener.start();
});
afterAll(() => {
  listener?.stop();
});
beforeEach(() => {
  told = [];
});

/** Sends a message and resolves with what comes back; undefined when the connection ends. */
async function echoed(socket: WireSocket, message: string): Promise<string | undefined> {
  socket.write(text(message));
  return (await socket.next())?.payload.toString();
}

/** Does something on a connection of its own beside one that must not notice. */
async function besideAnother(trouble: () => Promise<void>): Promise<void> {
  const other = await WireSocket.open(port);
  expect(await echoed(other, "before")).toBe("before");
  await trouble();
  expect(await echoed(other, "after")).toBe("after");
  const next = await WireSocket.open(port);
  expect(await echoed(next, "next")).toBe("next");
  for (const socket of [other, next]) socket.destroy();
}

test.each(["onSocket", "onMessage"])("a throw of %s closes its socket with 1011", async (name) => {
  await besideAnother(async () => {
    faulty = name;
    const socket = await WireSocket.open(port);
    socket.write(text("hello"));
    const frame = await socket.next();
    expect(frame?.opcode).toBe(OPCODE.close);
    expect(frame?.payload.readUInt16BE(0)).toBe(1011);
    expect(await socket.next()).toBeUndefined();
    expect(told).toEqual([name]);
  });
});

test("a throw of onClose is told, and the socket is gone all the same", async () => {
  await besideAnother(async () => {
    faulty = "onClose";
    const socket = await WireSocket.open(port);
    socket.write(close(1000));
    expect((await socket.next())?.opcode).toBe(OPCODE.close);
    await socket.untilClosed();
    await eventually(() => told.length > 0);
    expect(told).toEqual(["onClose"]);
  });
});

test("a throw of onDrain closes its socket", async () => {
  await besideAnother(async () => {
    const socket = await WireSocket.open(port);
    faulty = "onDrain";
    socket.write(text("flood"));
    expect((await socket.next())?.payload.length).toBe(FLOOD_BYTES);
    expect((await socket.next())?.opcode).toBe(OPCODE.close);
    await socket.untilClosed();
    expect(told).toEqual(["onDrain"]);
  });
});

test.each(["checkHandshake", "admit"])(
  "a throw of %s is a refusal, which is answered",
  async (name) => {
    await besideAnother(async () => {
      faulty = name;
      const socket = await RawSocket.open(port);
      socket.write(handshake());
      expect((await socket.response()).status).toBe(400);
      socket.destroy();
      expect(told).toEqual([]);
    });
  },
);

test.each([
  ["onRequest", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["onRefused", handshake().replace("Version: 13", "Version: 8")],
])("a throw of %s ends its connection without an answer", async (name, request) => {
  await besideAnother(async () => {
    faulty = name;
    const socket = await RawSocket.open(port);
    socket.write(request);
    await socket.untilClosed();
    await expect(socket.response()).rejects.toThrow('closed after ""');
    expect(told).toEqual([name]);
    expect((await ask(port, { path: "/" })).status).toBe(200);
  });
});
