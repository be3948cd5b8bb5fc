/**
 * What is refused at a limit, or since something fails, is counted by wire and code, as
 * refusals-counted.test.ts shows it of faults of the request. Together they have every code.
 */
import { DiscardPolicy, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection, Subscription } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Gateway } from "../../gateway/gateway.ts";
import { freePort } from "../../kit/nats/free-port.ts";
import { type ErrorCode, errorKinds } from "../../shared/protocol/errors.ts";
import type { Kind } from "../../shared/protocol/kinds.ts";
import {
  DISPATCHER_QUEUE,
  HISTORY_STREAM,
  MODERATION_STREAM,
  STATE_BUCKET,
  VOTES_STREAM,
} from "../../shared/protocol/subjects.ts";
import { eventually } from "../support/eventually.ts";
import { applyKinds } from "../support/kinds.ts";
import { connectTo } from "../support/nats-users.ts";
import { MVP, POLL } from "../support/polls.ts";
import { ask, burst, RawSocket } from "../support/raw.ts";
import { countedRefusals, type Refusals } from "../support/refusals.ts";
import { TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";

type Wire = "websocket" | "http" | "sse" | "service";
type Row = readonly [wire: Wire, code: ErrorCode, act: () => Promise<unknown>];

const kinds: readonly Kind[] = [
  { name: "like", deliveryClass: "transient" },
  { name: "cheer", deliveryClass: "transient", variants: ["up"] },
  { name: "react", deliveryClass: "transient", variants: "any" },
  { name: "comment", deliveryClass: "durable", schema: {} },
  { name: "typed", deliveryClass: "durable", schema: { type: "object" } },
  { name: "note", deliveryClass: "durable", review: true },
  { name: "score", deliveryClass: "state" },
  { name: "vote", deliveryClass: "vote" },
];
const MUTE = { mode: "mute" };
/** Reached at once. */
const LEAST = { videosLimit: 1, inFlightLimit: 1, bodyTimeoutMs: 300, lingerMs: 600_000 } as const;

/** Well-formed, and of an unknown key. */
const SOME_TOKEN = [{ alg: "RS256", kid: "some" }, { sub: "anna", exp: 4_000_000_000 }, "x"]
  .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
  .join(".");

const BEARER = { authorization: `Bearer ${SOME_TOKEN}` };

let stack: TestStack;
let small: Gateway;
/** Takes one viewer. */
let lone: Gateway;
/** Its tokens can't be checked. */
let keyless: Gateway;
let nats: NatsConnection;
const sockets: TestSocket[] = [];

beforeAll(async () => {
  const sizes = { kinds, dataLimitBytes: 70_000 };
  const budgets = { reviewBudgetMs: 200, storeTimeoutMs: 1_000, bansLimit: 1, storeQueueLimit: 20 };
  const dispatcher = { ...sizes, ...budgets };
  const gateway = { ...sizes, messageLimitBytes: 200_000, requestTimeoutMs: 1_500 };
  stack = await TestStack.start({ gateway, dispatcher, nats: { keepStore: true } });
  small = await stack.addGateway({ ...LEAST, authTicketMs: 60_000, clientSharePercent: 1 });
  lone = await stack.addGateway({ connectionsPerAddress: 1 });
  const authJwksUrl = `http://127.0.0.1:${await freePort()}/keys`;
  keyless = await stack.addGateway({ open: false, authJwksUrl });
  nats = await connectTo(stack.nats.url, "publisher");
});
afterAll(async () => {
  for (const socket of sockets) await socket.close();
  await nats?.close();
  await stack?.stop();
});

async function connection(port = stack.gateway.port): Promise<TestSocket> {
  const socket = await TestSocket.connect(port);
  sockets.push(socket);
  return socket;
}

const send =
  (method: string, path: string, body?: unknown, at = () => stack.gateway) =>
  async () =>
    await ask(at().port, {
      method,
      path: `/v1/${path}`,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
const stream = (video: string, at: () => Gateway) => async () =>
  await ask(at().port, {
    path: `/v1/videos/${video}/events`,
    headers: { accept: "text/event-stream", ...BEARER },
  });
/** Publishes an event over three wires. */
const published = (code: ErrorCode, event: Readonly<Record<string, unknown>>, video = "v") =>
  [
    ["websocket", code, async () => await (await connection()).ask("publish", { video, ...event })],
    ["http", code, send("POST", `videos/${video}/events`, event)],
    [
      "service",
      code,
      async () =>
        await nats.request(`ov.publish.${video}`, JSON.stringify(event), { timeout: 5_000 }),
    ],
  ] satisfies readonly Row[];
/** Where services are trusted, or are told by their own request's timeout. */
const byClients = (code: ErrorCode, event: Readonly<Record<string, unknown>>, video = "v") =>
  published(code, event, video).slice(0, 2);
const vote = (poll: string) => ({ kind: "vote", actor: "anna", data: { poll, choice: 0 } });
const voted = (code: ErrorCode, video: string, poll = POLL): Row => [
  "http",
  code,
  send("POST", `videos/${video}/events`, vote(poll)),
];

/** All at once. */
const times = (count: number, act: (n: number) => Promise<unknown>) => async () =>
  await Promise.all(Array.from({ length: count }, (_, n) => act(n)));
/** The dispatcher counts those that it has heard of. */
async function bansUntilRefused(): Promise<void> {
  let asked = 0;
  await eventually(async () => {
    asked += 1;
    const { bytes } = await send("PUT", `videos/v/bans/a${asked}`, MUTE)();
    return bytes.includes("bans_exceeded");
  });
}
async function applied(document: object): Promise<void> {
  await expect(applyKinds(stack.nats.url, document)).rejects.toThrow("kinds_invalid");
}
/** A request on a connection that is to end once its publish is answered. */
async function afterBye(): Promise<void> {
  const leaving = await stack.addGateway({ drainMs: 5_000 });
  const socket = await connection(leaving.port);
  burst(socket, [{ op: "publish", id: 2, video: "one", kind: "like" }]);
  const drained = leaving.drain();
  await socket.until(() => socket.messages.some(({ op }) => op === "bye"));
  burst(socket, [{ op: "ping", id: 3 }]);
  await socket.answerTo(3);
  await drained;
}

/** That each is counted as what it is, at its wire. */
function counted(rows: readonly Row[]): void {
  test.each(rows)("over %s: %s", async (wire, code, act) => {
    const name = `${wire} ${code}`;
    const before: Refusals = await countedRefusals(stack);
    await act();
    await eventually(async () => ((await countedRefusals(stack))[name] ?? 0) > (before[name] ?? 0));
  });
}

const OF_CONTENT: readonly Row[] = [
  ...published("data_invalid", { kind: "typed", data: 5 }),
  ...published("variant_invalid", { kind: "cheer", data: {} }),
  ...published("variant_unknown", { kind: "cheer", data: { variant: "down" } }),
  ...published("state_too_large", { kind: "score", data: "x".repeat(66_000) }),
  ...published("video_ended", { kind: "like" }, "over"),
  ...byClients("emoji_only", { kind: "comment", data: { text: "words" } }, "ruled"),
  ...byClients("denied", { kind: "note", data: { text: "no" } }),
  voted("poll_not_open", "polled", "later"),
  voted("poll_closed", "polled", "ended"),
  ["service", "kinds_invalid", async () => await applied({ Bad: "durable" })],
];

const OF_LIMITS: readonly Row[] = [
  ["http", "polls_exceeded", times(9, (n) => send("PUT", `videos/many/polls/p${n}`, MVP)())],
  ["http", "bans_exceeded", bansUntilRefused],
  [
    "http",
    "variants_exceeded",
    send(
      "POST",
      "videos/v/events",
      Array.from({ length: 66 }, (_, n) => ({ kind: "react", data: { variant: `v${n}` } })),
    ),
  ],
  ["http", "tickets_exceeded", times(60, () => send("POST", "tickets", undefined, () => small)())],
  [
    "websocket",
    "filters_exceeded",
    times(33, async (n) => {
      const chosen = kinds.filter((_, bit) => ((n + 1) >> bit) & 1).map(({ name }) => name);
      return await (await connection()).ask("subscribe", { video: "v", kinds: chosen });
    }),
  ],
  [
    "websocket",
    "videos_exceeded",
    async () => {
      const socket = await connection(small.port);
      for (const video of ["one", "two"]) await socket.ask("subscribe", { video });
    },
  ],
  ["sse", "videos_exceeded", stream("two", () => small)],
  [
    "websocket",
    "connections_exceeded",
    async () => {
      await connection(lone.port);
      await connection(lone.port).catch(() => undefined);
    },
  ],
  ["sse", "connections_exceeded", stream("v", () => lone)],
  ["http", "history_busy", send("POST", "videos/v/events", Array(50).fill({ kind: "comment" }))],
  [
    "http",
    "body_timeout",
    async () => {
      const socket = await RawSocket.open(small.port);
      const head = "POST /v1/videos/v/events HTTP/1.1\r\nHost: localhost\r\n";
      socket.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n`);
      await socket.untilClosed();
    },
  ],
];

const OF_KEYS: readonly Row[] = [
  [
    "websocket",
    "keys_unavailable",
    async () => await (await TestSocket.open(keyless.port)).ask("connect", { token: SOME_TOKEN }),
  ],
  [
    "http",
    "keys_unavailable",
    async () => await ask(keyless.port, { path: "/v1/videos/v/history", headers: BEARER }),
  ],
  ["sse", "keys_unavailable", stream("v", () => keyless)],
];

const OF_STORES: readonly Row[] = [
  ...published("history_unavailable", { kind: "comment" }),
  ...published("state_unavailable", { kind: "score", data: 1 }),
  ...byClients("votes_unavailable", vote(POLL), "polled"),
  ...byClients("review_unavailable", { kind: "note", data: { text: "any" } }),
  ["http", "moderation_unavailable", send("PUT", "videos/v/bans/a1", { mode: "ban" })],
  [
    "websocket",
    "predecessor_failed",
    async () => {
      const socket = await connection();
      const comment = { op: "publish", video: "v", kind: "comment" };
      burst(socket, [
        { id: 2, ...comment },
        { id: 3, ...comment },
      ]);
      await socket.answerTo(3);
    },
  ],
];

const OF_A_STALLED_DISPATCHER: readonly Row[] = [
  ...byClients("timeout", { kind: "like" }),
  [
    "websocket",
    "in_flight_exceeded",
    async () => {
      const socket = await connection(small.port);
      const like = { op: "publish", video: "one", kind: "like" };
      burst(socket, [
        { id: 2, ...like },
        { id: 3, ...like },
      ]);
      await socket.answerTo(3);
    },
  ],
  // It waits for the one before.
  ["websocket", "draining", async () => await afterBye()],
];

/** Codes of refusals-counted.test.ts. */
const ELSEWHERE: readonly ErrorCode[] = [
  ...(["actor_required", "already_connected", "already_subscribed", "already_voted"] as const),
  ...(["ban_not_found", "banned", "batch_size_invalid", "body_malformed"] as const),
  ...(["body_too_large", "choice_unknown", "closed_kind", "connect_required"] as const),
  ...(["connect_timeout", "content_encoding_unsupported", "content_type_unsupported"] as const),
  ...(["data_too_large", "event_id_invalid", "event_id_taken", "event_not_found"] as const),
  ...(["field_invalid", "forbidden", "frame_type_wrong", "handshake_invalid"] as const),
  ...(["head_ambiguous", "host_refused", "kind_reserved", "kind_unknown"] as const),
  ...(["message_malformed", "message_too_large", "method_not_allowed", "not_acceptable"] as const),
  ...(["not_found", "not_subscribed", "op_unknown", "origin_refused", "overloaded"] as const),
  ...(["poll_unknown", "rate_limited", "report_unwanted", "request_id_invalid"] as const),
  ...(["subprotocol_unsupported", "subscriptions_exceeded", "text_too_long"] as const),
  ...([
    "token_expired",
    "token_refused",
    "token_required",
    "transfer_encoding_unsupported",
  ] as const),
  ...(["version_unsupported", "video_invalid"] as const),
];
/** It takes 250,000 votes to fill a poll, and a fault in Ovation to get the other. */
const NOT_MADE: readonly ErrorCode[] = ["poll_full", "internal"];

describe("refused for its content", () => {
  let reviewing: Subscription;
  beforeAll(async () => {
    reviewing = nats.subscribe("ov.review.note", {
      callback: (_, message) => {
        message.respond('{"verdicts":[{"verdict":"deny"}]}');
      },
    });
    await nats.flush();
    await send("PUT", "videos/ruled/rules", { emojiOnly: true })();
    await send("PUT", "videos/over/end")();
    const hourMs = 3_600_000;
    await send("PUT", `videos/polled/polls/${POLL}`, MVP)();
    await send("PUT", "videos/polled/polls/later", { ...MVP, opensAt: Date.now() + hourMs })();
    await send("PUT", "videos/polled/polls/ended", MVP)();
    await send("PUT", "videos/polled/polls/ended", { ...MVP, closesAt: Date.now() })();
  });
  afterAll(() => reviewing.unsubscribe());
  counted(OF_CONTENT);
});

describe("refused at a limit", () => counted(OF_LIMITS));

describe("refused since keys can't be fetched", () => counted(OF_KEYS));

describe("refused since stores refuse to store, and reviewers are gone", () => {
  beforeAll(async () => {
    await send("POST", "videos/v/events", { kind: "comment" })();
    await send("POST", "videos/polled/events", { ...vote(POLL), actor: "bob" })();
    const connection = await connectTo(stack.nats.url);
    const { streams } = await jetstreamManager(connection);
    for (const name of [HISTORY_STREAM, MODERATION_STREAM, VOTES_STREAM, `KV_${STATE_BUCKET}`]) {
      const { config } = await streams.info(name);
      await streams.update(name, { ...config, discard: DiscardPolicy.New, max_msgs: 1 });
    }
    await connection.close();
  });
  counted(OF_STORES);
});

describe("refused by a dispatcher that answers nothing", () => {
  let stalled: NatsConnection;
  beforeAll(async () => {
    stalled = await connectTo(stack.nats.url, "dispatcher");
    stalled.subscribe("ov.gateway.publish.*", { queue: DISPATCHER_QUEUE, callback: () => {} });
    await stalled.flush();
    for (const dispatcher of stack.dispatchers.splice(0)) await dispatcher.stop();
  });
  afterAll(async () => await stalled?.close());
  counted(OF_A_STALLED_DISPATCHER);
});

describe("refused without a dispatcher", () => {
  counted(byClients("unavailable", { kind: "like" }));
});

test("every code is made to happen", () => {
  const rows = [OF_CONTENT, OF_LIMITS, OF_KEYS, OF_STORES, OF_A_STALLED_DISPATCHER].flat();
  const made = new Set([...rows.map(([, code]) => code), ...ELSEWHERE, ...NOT_MADE, "unavailable"]);
  expect(Object.keys(errorKinds).filter((code) => !made.has(code))).toEqual([]);
});
