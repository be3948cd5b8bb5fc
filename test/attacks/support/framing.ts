/** Requests that can be read in more than one way, each followed by one that must not be found in it. */
import { expect } from "vitest";
import { type HttpAnswer, RawSocket } from "../../support/raw.ts";
import type { Target } from "./target.ts";

/** The video that all of them would publish on. */
export const FRAMED = "framed";
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** What an ambiguous request is made of. */
export interface Framing {
  readonly what: string;
  /** The first line; a publish without it. */
  readonly line?: string;
  /** Headers besides those for the publish, each with its line's end. */
  readonly headers: string;
  /** What follows the head; one comment without it. */
  readonly body?: string;
}

/** A comment; which is of no matter. */
const COMMENT = JSON.stringify({ kind: "comment", data: { text: "smuggled" } });
const SIZE = COMMENT.length;
const HEX = SIZE.toString(16);
const LENGTH = `Content-Length: ${SIZE}\r\n`;
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const CHUNKS = `${HEX}\r\n${COMMENT}\r\n0\r\n\r\n`;
const CONNECT = "GET /v1/connect HTTP/1.1";
const HANDSHAKE =
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
  `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Protocol: ovation.v1.json\r\n`;

function handshake(what: string, more: string, body = ""): Framing {
  return { what: `a handshake with ${what}`, line: CONNECT, headers: HANDSHAKE + more, body };
}

/** Refused, and the connection closed, on every build of uWebSockets.js at once. */
export const AMBIGUOUS: readonly Framing[] = [
  { what: "two equal lengths", headers: LENGTH + LENGTH },
  { what: "two lengths that differ", headers: `${LENGTH}Content-Length: 0\r\n` },
  { what: "two lengths, the first of them 0", headers: `Content-Length: 0\r\n${LENGTH}` },
  { what: "an empty length", headers: "Content-Length:\r\n" },
  { what: "an empty length before another", headers: `Content-Length:\r\n${LENGTH}` },
  { what: "a list as its length", headers: `Content-Length: ${SIZE}, ${SIZE}\r\n` },
  { what: "a sign before its length", headers: `Content-Length: +${SIZE}\r\n` },
  { what: "letters after its length", headers: `Content-Length: ${SIZE}a\r\n` },
  { what: "a length of 20 digits", headers: `Content-Length: ${"9".repeat(20)}\r\n` },
  { what: "a length and chunks", headers: LENGTH + CHUNKED, body: CHUNKS },
  { what: "chunks and a length", headers: CHUNKED + LENGTH, body: CHUNKS },
  { what: "a length and no coding", headers: `${LENGTH}Transfer-Encoding:\r\n` },
  { what: "chunks", headers: CHUNKED, body: CHUNKS },
  { what: "chunks twice", headers: CHUNKED + CHUNKED, body: CHUNKS },
  {
    what: "chunks and another coding",
    headers: `${CHUNKED}Transfer-Encoding: identity\r\n`,
    body: CHUNKS,
  },
  ...["chunked, gzip", "gzip, chunked", "gzip", "xchunked", "identity", "", '"chunked"'].map(
    (coding) => ({
      what: `the coding '${coding}'`,
      headers: `Transfer-Encoding: ${coding}\r\n`,
      body: CHUNKS,
    }),
  ),
  ...[`${HEX};a=b\r\n`, `${HEX}\n`, ` ${HEX}\r\n`, `0x${HEX}\r\n`, `-${HEX}\r\n`].map((size) => ({
    what: `a chunk of the size ${JSON.stringify(size)}`,
    headers: CHUNKED,
    body: `${size}${COMMENT}\r\n0\r\n\r\n`,
  })),
  { what: "two Hosts", headers: `Host: y\r\n${LENGTH}` },
  { what: "two equal Hosts", headers: `Host: 127.0.0.1\r\n${LENGTH}` },
  { what: "two types", headers: `Content-Type: application/msgpack\r\n${LENGTH}` },
  { what: "two origins", headers: `Origin: http://x\r\nOrigin: http://y\r\n${LENGTH}` },
  {
    what: "an absolute target with another host",
    line: `POST http://y/v1/videos/${FRAMED}/events HTTP/1.1`,
    headers: LENGTH,
  },
  {
    what: "an absolute target with its host",
    line: `POST http://127.0.0.1/v1/videos/${FRAMED}/events HTTP/1.1`,
    headers: LENGTH,
  },
  handshake("two Hosts", "Host: y\r\n"),
  handshake("two keys", `Sec-WebSocket-Key: ${KEY}\r\n`),
  handshake("two versions", "Sec-WebSocket-Version: 8\r\n"),
  handshake("two lines of subprotocols", "Sec-WebSocket-Protocol: ovation.v1.msgpack\r\n"),
  handshake("two upgrades", "Upgrade: h2c\r\n"),
  handshake("a body", LENGTH, COMMENT),
  handshake("a body in chunks", CHUNKED, CHUNKS),
  handshake("two tokens", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
];

/**
 * Not lines of a head (RFC 9112 section 5). Some builds of uWebSockets.js refuse them at once, others
 * wait for more and give up.
 */
export const MALFORMED: readonly Framing[] = [
  { what: "a folded line", headers: `X: a\r\n ${LENGTH}` },
  { what: "a line folded with a tab", headers: `X: a\r\n\t${LENGTH}` },
  { what: "a bare LF between headers", headers: `X: a\n${LENGTH}` },
  { what: "a space before the colon", headers: `Content-Length : ${SIZE}\r\n` },
  { what: "a tab before the colon", headers: `Content-Length\t: ${SIZE}\r\n` },
  { what: "a NUL in a value", headers: `X: a\0b\r\n${LENGTH}` },
  { what: "a bare CR in a value", headers: `X: a\rContent-Length: 0\r\n${LENGTH}` },
  { what: "a line without a colon", headers: `X\r\n${LENGTH}` },
];

/** The bytes of a publish with this framing, for a gateway that knows the token. */
function bytesOf({ line, headers, body = COMMENT }: Framing, token?: string): string {
  const first = line ?? `POST /v1/videos/${FRAMED}/events HTTP/1.1`;
  const type = headers.includes("Upgrade") ? "" : "Content-Type: application/json\r\n";
  const isAuthorized = token !== undefined && !headers.includes("Authorization");
  const authorization = isAuthorized ? `Authorization: Bearer ${token}\r\n` : "";
  return `${first}\r\nHost: 127.0.0.1\r\n${type}${authorization}${headers}\r\n${body}`;
}

/** What an attacker would like to have carried out as somebody else's request: a publish. */
export function smuggled(token?: string): string {
  return bytesOf({ what: "", headers: LENGTH }, token);
}

/** Everything that a gateway answers to these bytes, until it closes the connection. */
async function answersTo(port: number, writes: readonly string[]): Promise<HttpAnswer[]> {
  const socket = await RawSocket.open(port);
  for (const bytes of writes) {
    socket.write(bytes);
    // So that what follows is read by itself.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await socket.untilClosed();
  const answers: HttpAnswer[] = [];
  for (;;) {
    const answer = await socket.response().catch(() => undefined);
    if (answer === undefined) return answers;
    answers.push(answer);
  }
}

/** Fails unless the gateway refuses this and closes, and carries out nothing of it or after it. */
export async function expectRefusedForGood(target: Target, framing: Framing): Promise<void> {
  const token = await target.token();
  const [request, next] = [bytesOf(framing, token), smuggled(token)];
  const inOneRead = [request + next];
  const inSeveral = [request, next, next];
  const both = [inOneRead, inSeveral].map(async (writes) => {
    const statuses = (await answersTo(target.port, writes)).map(({ status }) => status);
    expect(statuses.length, `${framing.what}: ${statuses}`).toBeLessThanOrEqual(1);
    for (const status of statuses) expect(status, framing.what).toBeGreaterThanOrEqual(400);
  });
  await Promise.all(both);
}

/** The ids of the comments that the gateway has carried out. */
export async function carriedOut(target: Target): Promise<readonly string[]> {
  const token = await target.token();
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const url = `http://127.0.0.1:${target.port}/v1/videos/${FRAMED}/history?limit=1000`;
  const { events } = (await (await fetch(url, { headers })).json()) as { events: { id: string }[] };
  return events.map(({ id }) => id);
}
