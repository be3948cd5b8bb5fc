/** What is refused is counted, by wire and code: an operator sees from the metrics what clients see. */
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ErrorCode } from "../../shared/protocol/errors.ts";
import { eventually } from "../support/eventually.ts";
import { BACKEND, MODERATOR, moderate, moderatedStack, tokenFor } from "../support/moderation.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { MVP, POLL, putPoll } from "../support/polls.ts";
import { ask, sendBytes } from "../support/raw.ts";
import { countedRefusals, type Refusals, risen } from "../support/refusals.ts";
import { TestStack } from "../support/stack.ts";
import { inSeconds, tokenOf, VIEWER } from "../support/tokens.ts";
import { TestSocket } from "../support/viewer.ts";

const LIMIT = 2_048;
let stack: TestStack;
/** The one that most requests go to; a second one has limits that are reached at once. */
let port: number;
let strictPort: number;
let nats: NatsConnection;
let anna: string;
const sockets: TestSocket[] = [];
/** As of the last test. */
let counts: Refusals = {};

beforeAll(async () => {
  const gateway = {
    messageLimitBytes: LIMIT,
    dataLimitBytes: 512,
    subscriptionsLimit: 1,
    allowedOrigins: ["https://shop.example"],
    allowedHosts: ["127.0.0.1"],
    bodyLimitBytes: LIMIT,
    viewerBodyLimitBytes: LIMIT,
    requestTimeoutMs: 2_000,
    lingerMs: 0,
    connectTimeoutMs: 120_000,
  };
  const dispatcher = { dataLimitBytes: 512 };
  stack = await TestStack.start(moderatedStack({ gateway, dispatcher }));
  port = stack.gateway.port;
  const strict = await stack.addGateway({
    connectionsLimit: 1,
    httpRequestsPerSecond: 1,
    connectTimeoutMs: 1_000,
  });
  strictPort = strict.port;
  nats = await connectTo(natsUrlAs("publisher", stack.nats.url));
  anna = await tokenFor("anna");
  await moderate(stack.gateway, "PUT", "shut/bans/eve", { mode: "ban" });
  await moderate(stack.gateway, "PUT", "ruled/rules", { closed: ["like"], maxLength: 3 });
  await putPoll(stack.gateway, "polled", POLL, MVP, MODERATOR);
  counts = await countedRefusals(stack);
});
afterAll(async () => {
  for (const socket of sockets) await socket.close();
  await nats?.close();
  await stack?.stop();
});

/** A connection of anna's. */
async function connection(token = anna): Promise<TestSocket> {
  const socket = await TestSocket.connect(port, "json", token);
  sockets.push(socket);
  return socket;
}

async function opened(at = port): Promise<TestSocket> {
  const socket = await TestSocket.open(at);
  sockets.push(socket);
  return socket;
}

const on = (op: string, fields: object) => async () => {
  await (await connection()).ask(op, { ...fields });
};
const twice = (op: string, fields: object) => async () => {
  const socket = await connection();
  await socket.ask(op, { ...fields });
  await socket.ask(op, { ...fields });
};
const like = (fields: object) => on("publish", { video: "v", kind: "like", ...fields });
/** Publishes on a video whose rules its viewers know. */
const ruled = (event: object) => async () => {
  const socket = await connection();
  await socket.ask("subscribe", { video: "ruled" });
  await socket.ask("publish", { video: "ruled", ...event });
};
const handshake = (headers: Record<string, string>) => async () => {
  const path = "/v1/connect";
  const upgrade = { connection: "Upgrade", upgrade: "websocket" };
  const key = { "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "sec-websocket-version": "13" };
  const offered = { "sec-websocket-protocol": "ovation.v1.json" };
  await ask(port, { path, headers: { ...upgrade, ...key, ...offered, ...headers } });
};

const WEBSOCKET: Partial<Record<ErrorCode, () => Promise<unknown>>> = {
  message_malformed: async () => sendBytes(await opened(), Buffer.from("{")),
  message_too_large: async () => sendBytes(await opened(), Buffer.alloc(LIMIT + 1, " ")),
  frame_type_wrong: async () => (await opened()).socket.send(Buffer.from("{}")),
  request_id_invalid: async () => (await opened()).sendMessage({ op: "ping" }),
  connect_required: async () => (await opened()).sendMessage({ op: "ping", id: 1 }),
  token_required: async () => (await opened()).sendMessage({ op: "connect", id: 1 }),
  token_refused: async () => (await opened()).ask("connect", { token: "rubbish" }),
  token_expired: async () => {
    const token = await tokenOf({ ...VIEWER, exp: inSeconds(-60) });
    await (await opened()).ask("connect", { token });
  },
  already_connected: on("connect", {}),
  op_unknown: on("shout", {}),
  report_unwanted: on("report", { seen: [] }),
  field_invalid: on("subscribe", { video: "v", after: "x" }),
  forbidden: like({ kind: "vote", data: { poll: POLL, choice: 0 } }),
  banned: async () => (await connection(await tokenFor("eve"))).ask("subscribe", { video: "shut" }),
  video_invalid: like({ video: "a b" }),
  kind_unknown: like({ kind: "wave" }),
  kind_reserved: like({ kind: "viewers" }),
  event_id_invalid: like({ eventId: "a b" }),
  data_too_large: like({ data: "x".repeat(600) }),
  already_subscribed: twice("subscribe", { video: "v" }),
  not_subscribed: on("unsubscribe", { video: "v" }),
  subscriptions_exceeded: async () => {
    const socket = await connection();
    for (const video of ["v", "w"]) await socket.ask("subscribe", { video });
  },
  closed_kind: ruled({ kind: "like" }),
  text_too_long: ruled({ kind: "comment", data: { text: "four" } }),
  connect_timeout: async () => await (await opened(strictPort)).untilClosed(),
  overloaded: async () => {
    await (await opened(strictPort)).ask("connect", { token: anna });
    await (await opened(strictPort)).untilClosed();
  },
  origin_refused: handshake({ origin: "https://evil.example" }),
  host_refused: handshake({ host: "evil.example" }),
  version_unsupported: handshake({ "sec-websocket-version": "8" }),
  subprotocol_unsupported: handshake({ "sec-websocket-protocol": "chat" }),
  handshake_invalid: async () => await ask(port, { path: "/v1/connect" }),
};

const http =
  (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
  async () => {
    const all = { authorization: `Bearer ${BACKEND}`, "content-type": "application/json" };
    await ask(port, {
      method,
      path,
      headers: { ...all, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  };
const published = (event: unknown, headers: Record<string, string> = {}, video = "v") =>
  http("POST", `/v1/videos/${video}/events`, headers, JSON.stringify(event));
const voted = (actor: string, fields: object) =>
  published({ kind: "vote", actor, data: { poll: POLL, choice: 0, ...fields } }, {}, "polled");

const HTTP: Partial<Record<ErrorCode, () => Promise<unknown>>> = {
  token_required: published({ kind: "like" }, { authorization: "" }),
  token_refused: published({ kind: "like" }, { authorization: "Bearer rubbish" }),
  token_expired: async () => {
    const token = await tokenOf({ ...VIEWER, exp: inSeconds(-60) });
    await published({ kind: "like" }, { authorization: `Bearer ${token}` })();
  },
  forbidden: http("PUT", "/v1/videos/v/bans/bob", {}, "{}"),
  banned: published({ kind: "like", actor: "eve" }, {}, "shut"),
  ban_not_found: http("DELETE", "/v1/videos/v/bans/bob", { authorization: `Bearer ${MODERATOR}` }),
  body_malformed: http("POST", "/v1/videos/v/events", {}, "{"),
  body_too_large: published({ kind: "like", data: "x".repeat(LIMIT) }),
  batch_size_invalid: published([]),
  content_type_unsupported: published({}, { "content-type": "text/plain" }),
  content_encoding_unsupported: published({}, { "content-encoding": "gzip" }),
  transfer_encoding_unsupported: published({}, { "transfer-encoding": "chunked" }),
  head_ambiguous: http("GET", "/v1/ping", { "content-length": "x" }),
  origin_refused: http("GET", "/v1/ping", { origin: "https://evil.example" }),
  host_refused: http("GET", "/v1/ping", { host: "evil.example" }),
  not_found: http("GET", "/v1/nothing"),
  method_not_allowed: http("DELETE", "/v1/ping"),
  field_invalid: published({ kind: "like", actor: 1 }),
  video_invalid: published({ kind: "like" }, {}, "a%20b"),
  kind_unknown: published({ kind: "wave" }),
  kind_reserved: published({ kind: "viewers" }),
  event_id_invalid: published({ kind: "like", id: "a b" }),
  data_too_large: published({ kind: "like", data: "x".repeat(600) }),
  event_not_found: http("DELETE", "/v1/videos/v/events/none", {
    authorization: `Bearer ${MODERATOR}`,
  }),
  event_id_taken: async () => {
    await published({ kind: "comment", id: "c1", data: 1 })();
    await published({ kind: "comment", id: "c1", data: 2 }, { authorization: `Bearer ${anna}` })();
  },
  actor_required: published({ kind: "vote", data: { poll: POLL, choice: 0 } }, {}, "polled"),
  poll_unknown: voted("bob", { poll: "none" }),
  choice_unknown: voted("bob", { choice: 9 }),
  already_voted: async () => {
    await voted("carl", { choice: 0 })();
    await voted("carl", { choice: 1 })();
  },
  rate_limited: async () => {
    const headers = { authorization: `Bearer ${anna}` };
    const asked = Array.from({ length: 8 }, () => ask(strictPort, { path: "/v1/ping", headers }));
    await Promise.all(asked);
  },
};

const stream =
  (query: string, headers: Record<string, string> = {}, at = () => port) =>
  async () => {
    const all = { accept: "text/event-stream", authorization: `Bearer ${anna}`, ...headers };
    await ask(at(), { path: `/v1/videos/${query}`, headers: all });
  };

const SSE: Partial<Record<ErrorCode, () => Promise<unknown>>> = {
  token_required: stream("v/events", { authorization: "" }),
  token_refused: stream("v/events", { authorization: "Bearer rubbish" }),
  not_acceptable: stream("v/events", { accept: "text/html" }),
  field_invalid: stream("v/events?last=x"),
  video_invalid: stream("a%20b/events"),
  kind_unknown: stream("v/events?kinds=wave"),
  origin_refused: stream("v/events", { origin: "https://evil.example" }),
  overloaded: stream("v/events", {}, () => strictPort),
  banned: async () => stream("shut/events", { authorization: `Bearer ${await tokenFor("eve")}` })(),
};

const request = (subject: string, payload: string) => async () =>
  await nats.request(subject, payload);

const SERVICE: Partial<Record<ErrorCode, () => Promise<unknown>>> = {
  body_malformed: request("ov.publish.v", "{"),
  field_invalid: request("ov.publish.v", '{"kind":"like","actor":1}'),
  video_invalid: request("ov.publish.a*", '{"kind":"like"}'),
  kind_unknown: request("ov.publish.v", '{"kind":"wave"}'),
  kind_reserved: request("ov.publish.v", '{"kind":"viewers"}'),
  data_too_large: request("ov.publish.v", JSON.stringify({ kind: "like", data: "x".repeat(600) })),
  banned: request("ov.publish.shut", '{"kind":"like","actor":"eve"}'),
  event_not_found: request("ov.retract.v", '{"id":"none"}'),
};

// Limits that are reached come last.
const WIRES = { websocket: WEBSOCKET, sse: SSE, http: HTTP, service: SERVICE };
const ROWS = Object.entries(WIRES).flatMap(([wire, rows]) =>
  Object.entries(rows).map(([code, act]) => [wire, code, act] as const),
);

test.each(ROWS)("over %s: %s", async (wire, code, act) => {
  await act();
  // Not all of them are answered.
  let after = counts;
  await eventually(async () => {
    after = await countedRefusals(stack);
    return risen(counts, after).length > 0;
  });
  expect(risen(counts, after)).toEqual([`${wire} ${code}`]);
  counts = after;
});

test("what fails because NATS is away is counted too, on each wire", async () => {
  const socket = await connection();
  await stack.nats.stop();
  await eventually(async () => {
    await socket.ask("publish", { video: "v", kind: "like" });
    await published({ kind: "like" })();
    await stream("v/events")();
    const now = risen(counts, await countedRefusals(stack));
    return ["websocket", "http", "sse"].every((wire) => now.includes(`${wire} unavailable`));
  });
});
