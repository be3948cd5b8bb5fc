/** One client makes a gateway work as hard as it can, beside a well-behaved viewer. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPCODE } from "../../kit/websocket/frames.ts";
import { encode } from "../../shared/protocol/wire/codec.ts";
import { ask } from "../support/raw.ts";
import { handMade, hmac, VIEWER } from "../support/tokens.ts";
import { TestSocket } from "../support/viewer.ts";
import { frame, ping, text } from "../support/websocket-wire.ts";
import { floodHttp, httpRequest, openWebSocket, writeWithoutEnd } from "./support/flood.ts";
import { expectUnharmed } from "./support/measure.ts";
import { ACCESSES, startTarget, type Target } from "./support/target.ts";

/** As many as one client may hold; a few more are refused. */
const CONNECTIONS = 64;
const MEBIBYTE = 1_048_576;
const JSON_TYPE = { "content-type": "application/json" };
const MSGPACK_TYPE = { "content-type": "application/msgpack" };

/** Bodies of nothing but small values. */
const BODIES: Readonly<Record<string, readonly [type: object, body: Buffer]>> = {
  "a mebibyte of empty lists in JSON": [
    JSON_TYPE,
    Buffer.from(`[${"[],".repeat(MEBIBYTE / 3 - 2)}[]]`),
  ],
  "a mebibyte of empty maps in msgpack": [
    MSGPACK_TYPE,
    Buffer.concat([Buffer.from([0xdd, 0, 0x0f, 0, 0]), Buffer.alloc(0x0f_0000, 0x80)]),
  ],
  "64 KiB of empty lists in JSON": [JSON_TYPE, Buffer.from(`[${"[],".repeat(21_000)}[]]`)],
  "as many values as are allowed": [
    MSGPACK_TYPE,
    encode("msgpack", { kind: "like", data: Array.from({ length: 9_900 }, () => ({})) }),
  ],
  "a list of a thousand likes": [
    JSON_TYPE,
    Buffer.from(JSON.stringify(Array.from({ length: 1_000 }, () => ({ kind: "like" })))),
  ],
  "a thousand likes of a kind that is not there": [
    JSON_TYPE,
    Buffer.from(
      JSON.stringify([...Array.from({ length: 999 }, () => ({ kind: "like" })), { kind: "none" }]),
    ),
  ],
  "64 KiB that is no JSON": [JSON_TYPE, Buffer.alloc(65_000, "[")],
};

describe.each(ACCESSES)("others are served as before, and memory stays (%s)", (access) => {
  let target: Target;
  const bearer = async (claims = {}): Promise<Record<string, string>> => {
    const token = await target.token(claims);
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  };
  beforeAll(async () => {
    target = await startTarget(access);
    const headers = { ...JSON_TYPE, ...(await bearer({ sub: "author" })) };
    const comments = Array.from({ length: 15 }, () => ({
      kind: "comment",
      data: { text: "x", more: "x".repeat(3_900) },
    }));
    // As many as anybody may publish at once.
    for (let count = 0; count < 6; count += 1) {
      const body = JSON.stringify(comments);
      const path = "/v1/videos/past/events";
      const { status } = await ask(target.port, { method: "POST", path, headers, body });
      expect(status).toBe(200);
    }
  });
  afterAll(async () => await target?.stop());

  const flood = async (what: string, next: () => Uint8Array) => {
    await expectUnharmed(what, target, async (signal) => {
      const outcomes = await floodHttp(target.port, CONNECTIONS, next, signal);
      process.stderr.write(`${what}: ${[...outcomes].map((one) => one.join(" × ")).join(", ")}\n`);
    });
  };

  test.each(Object.entries(BODIES))("bodies: %s", async (what, [type, body]) => {
    for (const publish of access === "open" ? [VIEWER.publish] : [VIEWER.publish, []]) {
      const headers = { ...type, ...(await bearer({ sub: what, publish })) };
      const request = httpRequest("POST", "/v1/videos/v/events", headers, body);
      await flood(`${what}, publish ${JSON.stringify(publish)}`, () => request);
    }
  });

  test("pages of history, of a video that is watched and of one that is not", async () => {
    const headers = await bearer({ sub: "reader" });
    const page = httpRequest("GET", "/v1/videos/past/history?limit=1000", headers);
    await flood("pages of history, unwatched", () => page);
    const viewer = await TestSocket.connect(target.port, "json", await target.token());
    await viewer.ask("subscribe", { video: "past" });
    await flood("pages of history, watched", () => page);
    await viewer.close();
  });

  test("event streams with the past, in a loop", async () => {
    const headers = await bearer({ sub: "streamer" });
    const stream = httpRequest("GET", "/v1/videos/past/events?last=1000", headers);
    await flood("event streams", () => stream);
  });

  test("subscribes with the past, in a loop", async () => {
    const token = await target.token({ sub: "subscriber" });
    await expectUnharmed("subscribes", target, async (signal) => {
      const client = async () => {
        while (!signal.aborted) {
          const viewer = await TestSocket.open(target.port, "msgpack").catch(() => undefined);
          if (viewer === undefined) continue;
          signal.addEventListener("abort", () => viewer.socket.terminate());
          if (signal.aborted) viewer.socket.terminate();
          // The limit of messages may close it before an answer.
          const ended = viewer.untilClosed();
          const ask = async (op: string, fields: object) => {
            await Promise.race([viewer.ask(op, { ...fields }), ended]);
          };
          await ask("connect", token === undefined ? {} : { token });
          while (viewer.closed === undefined) {
            await ask("subscribe", { video: "past", last: 1_000 });
            if (viewer.closed === undefined) await ask("unsubscribe", { video: "past" });
          }
        }
      };
      await Promise.all(Array.from({ length: 20 }, client));
    });
  });

  const rubbish: Readonly<Record<string, () => Uint8Array>> = {
    "tokens that are none": () =>
      httpRequest("GET", "/v1/ping", { authorization: `Bearer ${crypto.randomUUID()}` }),
    "tokens of another secret": () => {
      const claims = { ...VIEWER, jti: crypto.randomUUID() };
      const token = handMade({ alg: "HS256" }, claims, hmac("another secret, which is long too"));
      return httpRequest("GET", "/v1/videos/past/history", { authorization: `Bearer ${token}` });
    },
    "tickets that are none": () => {
      const ticket = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
      return httpRequest("GET", `/v1/videos/past/events?ticket=${ticket}`);
    },
    "paths that are none": () => httpRequest("GET", `/v1/${crypto.randomUUID()}`),
    "handshakes that are none": () =>
      httpRequest("GET", "/v1/connect", {
        upgrade: "websocket",
        connection: "Upgrade",
        "sec-websocket-key": "x",
      }),
  };
  test.each(Object.entries(rubbish))("%s", async (what, next) => await flood(what, next));

  const frames: Readonly<Record<string, Buffer>> = {
    "WebSocket pings": ping(),
    "WebSocket pongs": frame({ opcode: OPCODE.pong }),
    "messages that are none": text("{}"),
    "requests before connect": text('{"id":1,"op":"ping"}'),
    "large messages": text(`{"id":1,"op":"ping","x":[${"[],".repeat(5_000)}[]]}`),
  };
  test.each(Object.entries(frames))("%s without end", async (what, one) => {
    const bytes = Buffer.concat(Array.from({ length: 200 }, () => one));
    await expectUnharmed(what, target, async (signal) => {
      let opened = 0;
      const client = async () => {
        while (!signal.aborted) {
          const socket = await openWebSocket(target.port);
          opened += 1;
          await writeWithoutEnd(socket, bytes, signal);
        }
      };
      await Promise.all(Array.from({ length: 8 }, client));
      process.stderr.write(`${what}: ${opened} connections\n`);
    });
  });
});
