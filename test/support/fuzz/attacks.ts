/** Attacks on a gateway and a dispatcher: each is generated at random, then carried out. */
import { OPCODE } from "../../../kit/websocket/frames.ts";
import { encode } from "../../../shared/protocol/wire/codec.ts";
import type { Chance } from "../random.ts";
import { RawSocket } from "../raw.ts";
import { frame, handshakeFor } from "../websocket-wire.ts";
import { mutatedBytes, mutatedFields, oddValue, randomBytes } from "./mutate.ts";

/** Bytes over TCP, or a message directly on the bus. */
export type Attack =
  | { readonly way: "tcp"; readonly chunks: readonly Uint8Array[]; readonly isAbrupt: boolean }
  | { readonly way: "nats"; readonly subject: string; readonly payload: Uint8Array };

/** The attacked videos; no well-behaved viewer watches them. */
const VIDEOS = ["fuzz-a", "fuzz-b", "fuzz-c"];
const KINDS = ["like", "comment", "viewers", "retracted", "nope"];

function event(chance: Chance): Record<string, unknown> {
  return mutatedFields(chance, {
    kind: chance.of(KINDS),
    id: `f-${chance.between(0, 99)}`,
    data: chance.of([undefined, "text", { n: 1 }, oddValue(chance)]),
  });
}

/** A viewer's requests in order, some of them malformed. */
function requests(chance: Chance): Record<string, unknown>[] {
  const ops = Array.from({ length: chance.between(1, 8) }, () =>
    chance.of(["subscribe", "unsubscribe", "publish", "ping", "report", "connect"]),
  );
  return ["connect", ...ops].map((op, index) => {
    const request = {
      op,
      id: index + 1,
      ...(["connect", "ping", "report"].includes(op) ? {} : { video: chance.of(VIDEOS) }),
      ...(op === "report" ? { missed: 1, durable: { counts: [1, 0, 2], sumMs: 70 } } : {}),
      ...(op === "publish" ? { kind: chance.of(KINDS), data: 1, eventId: `f-${index}` } : {}),
      ...(op === "subscribe" ? { last: chance.of([undefined, 0, 5]) } : {}),
    };
    return index > 0 && chance.between(0, 2) === 0 ? mutatedFields(chance, request) : request;
  });
}

/** A body in the encoding; what it can't represent becomes text. */
function encoded(encoding: "msgpack" | "json", value: unknown): Buffer {
  return encode(encoding, value ?? null);
}

function cut(chance: Chance, bytes: Buffer): Buffer[] {
  const at = chance.between(0, bytes.length);
  return chance.between(0, 1) === 0 ? [bytes] : [bytes.subarray(0, at), bytes.subarray(at)];
}

function tcp(chance: Chance, chunks: readonly Buffer[]): Attack {
  return {
    way: "tcp",
    chunks: chunks.flatMap((chunk) => cut(chance, chunk)),
    isAbrupt: chance.between(0, 3) === 0,
  };
}

const noise = (chance: Chance): Attack => tcp(chance, [randomBytes(chance, 2_000)]);

/** Valid frames of valid or odd requests, with some bytes changed. */
function mutatedFrames(chance: Chance): Attack {
  const encoding = chance.of(["msgpack", "json"] as const);
  const opcode = encoding === "json" ? OPCODE.text : OPCODE.binary;
  const frames = requests(chance).map((request) => {
    const payload = encoded(encoding, request);
    return chance.between(0, 1) === 0
      ? frame({ opcode, payload })
      : mutatedBytes(chance, frame({ opcode, payload }));
  });
  return tcp(chance, [Buffer.from(handshakeFor(encoding)), ...frames]);
}

/** Frames with random parts: opcodes, fragments, reserved bits, false lengths. */
function oddFrames(chance: Chance): Attack {
  const frames = Array.from({ length: chance.between(1, 10) }, () => {
    const lengthBytes = chance.of([undefined, undefined, 2, 8] as const);
    const length = chance.of([undefined, undefined, undefined, 0n, 125n, 65_535n] as const);
    return frame({
      opcode: chance.of([0, 0, 1, 2, 8, 9, 10, chance.between(0, 15)]),
      fin: chance.between(0, 2) > 0,
      reserved: chance.of([0, 0, 0, 0, 0, chance.between(0, 7)]),
      payload: randomBytes(chance, chance.of([10, 125, 130, 3_000])),
      mask: Buffer.from([0, 1, 2, chance.between(0, 255)]),
      ...(lengthBytes === undefined ? {} : { lengthBytes }),
      ...(length === undefined ? {} : { length, lengthBytes: 8 }),
    });
  });
  return tcp(chance, [
    Buffer.from(handshakeFor(chance.of(["msgpack", "json"] as const))),
    ...frames,
  ]);
}

/** Complete messages in valid frames, with odd values or changed bytes. */
function oddMessages(chance: Chance): Attack {
  const encoding = chance.of(["msgpack", "json"] as const);
  const opcode = encoding === "json" ? OPCODE.text : OPCODE.binary;
  const frames = requests(chance).map((request, index) => {
    const payload = encoded(encoding, index === 0 ? request : mutatedFields(chance, request));
    const isChanged = index > 0 && chance.between(0, 3) === 0;
    return frame({ opcode, payload: isChanged ? mutatedBytes(chance, payload) : payload });
  });
  return tcp(chance, [Buffer.from(handshakeFor(encoding)), ...frames]);
}

const PATHS = [
  "/v1/videos/fuzz-a/events",
  "/v1/videos/fuzz-b/history?limit=5",
  "/v1/ping",
  "/",
  "*",
  "/v1/connect",
  "/v1/videos/fuzz-a/events/f-1",
  "/v1/videos/%2e%2e/events",
  "/%00",
  "http://x/v1/ping",
  "/v1/videos/fuzz-c/history?before=0&limit=-1",
  `/${"a".repeat(5_000)}`,
  "/../../etc/passwd",
];
const LINES = [
  "Content-Length: 5",
  "Content-Length: 5, 5",
  "Content-Length: -1",
  "Content-Length: 0x10",
  "Content-Length: 99999999999999999999",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Expect: 100-continue",
  "Host: y",
  "Connection: close",
  "Upgrade: websocket",
  " folded: x",
  "No-Colon",
  "Accept: text/event-stream",
  `Cookie: ${"c".repeat(4_000)}`,
  "If-None-Match: *",
];

/** An HTTP request of valid and invalid parts, with some bytes changed. */
function oddRequest(chance: Chance): Attack {
  const encoding = chance.of(["msgpack", "json"] as const);
  const events = Array.from({ length: chance.between(1, 5) }, () => event(chance));
  const body = mutatedBytes(chance, encoded(encoding, chance.of<unknown>([events, events[0]])));
  const method = chance.of([
    "GET",
    "POST",
    "POST",
    "POST",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "PUT",
    "BREW",
  ]);
  const lines = Array.from({ length: chance.between(0, 3) }, () => chance.of(LINES));
  if (chance.between(0, 3) > 0) lines.push(`Content-Length: ${body.length}`);
  const head =
    `${method} ${chance.of([PATHS[0] ?? "/", chance.of(PATHS)])} HTTP/1.${chance.of([1, 1, 1, 0, 9])}\r\n` +
    `Host: x\r\nContent-Type: application/${encoding}\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
  const bytes = Buffer.concat([Buffer.from(head, "latin1"), body]);
  return tcp(chance, [chance.between(0, 2) === 0 ? mutatedBytes(chance, bytes) : bytes]);
}

/** A request for an event stream from an impossible position. */
function oddStream(chance: Chance): Attack {
  const position = chance.of([
    "",
    "0",
    "e:0",
    "e:-1",
    `e:${"9".repeat(30)}`,
    `${"x".repeat(3_000)}:1`,
    ":",
    "a:1:2",
    "\u00ff\u00fe",
    randomBytes(chance, 200)
      .toString("latin1")
      .replaceAll(/[\r\n]/g, ""),
  ]);
  const query = chance.of([
    "",
    "?last=5",
    "?last=-1",
    "?after=e:1",
    `?after=${encodeURIComponent(position)}`,
    "?last=%",
  ]);
  const head =
    `GET /v1/videos/${chance.of(VIDEOS)}/events${query} HTTP/1.1\r\nHost: x\r\n` +
    `Accept: text/event-stream\r\nLast-Event-ID: ${position}\r\n\r\n`;
  return tcp(chance, [Buffer.from(head, "latin1")]);
}

/** A publish or retract request directly over NATS. */
function oddPublish(chance: Chance): Attack {
  const events = Array.from({ length: chance.between(1, 3) }, () => event(chance));
  const payload = encoded(chance.of(["msgpack", "json"] as const), chance.of([events, events[0]]));
  const video = chance.of([...VIDEOS, "*not*", "x".repeat(200)]);
  return {
    way: "nats",
    subject: `ov.${chance.of(["publish", "publish", "retract"])}.${video.replaceAll("*", "!")}`,
    payload: chance.between(0, 1) === 0 ? payload : mutatedBytes(chance, payload),
  };
}

const ATTACKS = [
  noise,
  mutatedFrames,
  oddFrames,
  oddMessages,
  oddMessages,
  oddRequest,
  oddRequest,
  oddStream,
  oddPublish,
];

/** The next attack; all randomness is drawn here, so that a seed repeats it whatever the timing. */
export function nextAttack(chance: Chance): Attack {
  return chance.of(ATTACKS)(chance);
}

/** Carries out an attack over TCP, and resolves when the gateway has closed the connection. */
export async function sendAttack(
  port: number,
  { chunks, isAbrupt }: Extract<Attack, { way: "tcp" }>,
): Promise<void> {
  const socket = await RawSocket.open(port);
  for (const chunk of chunks) socket.write(chunk);
  // By the time another request is answered, all of this has been read.
  await (await fetch(`http://127.0.0.1:${port}/v1/ping`)).arrayBuffer();
  if (isAbrupt) socket.destroy();
  else socket.finish();
  await socket.untilClosed();
}
