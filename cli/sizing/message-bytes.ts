/**
 * The size of messages on NATS and to viewers, measured on samples that the product's own encoders
 * encode.
 */
import { SAMPLE } from "../../dispatcher/index.ts";
import { Frame, type LoggedEvent, type Wire } from "../../gateway/index.ts";
import { commonSettingsOf, encodeStatement } from "../../shared/protocol/common-settings.ts";
import { encodeDispatchingNotice } from "../../shared/protocol/dispatching.ts";
import { encodeFanoutMessage, encodeTotalsMessage } from "../../shared/protocol/fanout-message.ts";
import { encodeUnplaced } from "../../shared/protocol/history/durable-event.ts";
import { encodeRecord } from "../../shared/protocol/history/record.ts";
import { EventIds, ReservedIds } from "../../shared/protocol/names.ts";
import { DEFAULT_PARTITIONS, partitionOf } from "../../shared/protocol/partitions.ts";
import {
  countSubject,
  dispatchingSubject,
  FRONTENDS_BUCKET,
  frontendSubject,
  gatewayPublishSubject,
  HISTORY_STREAM,
  historySubject,
  INSPECT_DISPATCHERS,
  rowKey,
  SUBSCRIPTIONS_BUCKET,
  spendingSubject,
  storedSubject,
  TOTALS_BUCKET,
  watchedSubject,
} from "../../shared/protocol/subjects.ts";
import { encodeLease } from "../../shared/protocol/table.ts";
import { encodeTotalsDocument } from "../../shared/protocol/totals/totals-document.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";

/** Names and texts of typical length. */
const VIDEO = "3f9c2b7e-launch";
const GATEWAY = "0123456789abcdef";
const ACTOR = "user-12345678";
const TEXT = "What a goal! Did you see how he went past all three of them?";
const AT = 1_790_000_000_000;
const SEQ = AT * 1_000;
const ID = new EventIds().next();
const RESERVED_ID = new ReservedIds().next();
const OWNER = "o".repeat(16);
const REPLY = `_INBOX.gateway.${"x".repeat(22)}.12345`;

const LIKE = encodeMsgpack({ id: RESERVED_ID, kind: "like", at: AT, actor: ACTOR });
const VIEWERS = encodeMsgpack({
  id: RESERVED_ID,
  kind: "viewers",
  at: AT,
  data: { viewers: 12_345 },
});
const COMMENT = encodeUnplaced({
  id: ID,
  kind: "comment",
  at: AT,
  actor: ACTOR,
  data: { text: TEXT },
});
const RECORD = encodeRecord({
  after: 12_345,
  prev: SEQ,
  last: SEQ,
  events: [{ kind: "comment", id: ID, seq: SEQ, bytes: COMMENT, owner: OWNER }],
  amended: [],
  counts: { origin: SEQ, counts: new Map([["comment", 12_345]]) },
}).length;
const TOTALS = {
  setAt: 0,
  counts: new Map([["like", 12_345_678]]),
  base: new Map<string, number>(),
  chain: { origin: SEQ, seq: SEQ, counts: new Map([["comment", 12_345]]) },
};
/** Two dispatchers write them. */
const MARKS = {
  byWriter: new Map(
    [GATEWAY, `${GATEWAY.slice(1)}x`].map((id) => [id, { number: 12_345, over: 12_345 }]),
  ),
  floor: 0,
};
const LIKE_INPUT = { kind: "like", actor: ACTOR };
const COMMENT_INPUT = {
  id: ID,
  kind: "comment",
  actor: ACTOR,
  data: { text: TEXT },
  by: `actor:${ACTOR}`,
};
const PARTITION = partitionOf(VIDEO, DEFAULT_PARTITIONS);
const SETTINGS = commonSettingsOf({
  dataLimitBytes: 4_096,
  leaseMs: 10_000,
  countActors: false,
  partitions: DEFAULT_PARTITIONS,
});
/** Of two dispatchers, each serves all. */
const SERVED = Array.from({ length: DEFAULT_PARTITIONS }, (_, number) => number);
const LEASE = encodeLease({
  renewals: 12_345,
  version: "0.1.0",
  address: "gateway-12345:8080",
  startedAt: new Date(AT).toISOString(),
  webSockets: 12_345,
  eventStreams: 12_345,
  videos: 12_345,
  connectionsPerSecond: 2_000,
  isDraining: false,
  kinds: 12,
  settings: SETTINGS,
}).length;

/** `PUB subject reply size` and `MSG subject id reply size`, with the line breaks: about as long. */
const LINE_BYTES = 20;
/** What JetStream adds to the subject of a message it delivers: where to acknowledge it. */
const DELIVERY_BYTES = 90;
/** A header: a condition on the previous message, or the kind of a change. */
const HEADER_BYTES = 60;

function bytes(subject: string, payload: number, more = 0): number {
  return LINE_BYTES + subject.length + payload + more;
}

const ROW_SUBJECT = `$KV.${SUBSCRIPTIONS_BUCKET}.${rowKey(VIDEO, GATEWAY)}`;
/** A number of viewers, as text. */
const ROW_VALUE_BYTES = 4;
const PUBLISH = gatewayPublishSubject(PARTITION, VIDEO);
const FRONTEND = frontendSubject(GATEWAY, VIDEO);

/** The hops' timestamps, as a dispatcher adds them. */
const STAMPS = { sentAt: 1_790_000_000_000.25, publishedAt: 1_790_000_000_000.25 };

/** A message on NATS, including the protocol, with a single event where it holds events. */
const MESSAGE_BYTES = {
  "like-request": bytes(PUBLISH, encodeMsgpack([LIKE_INPUT]).length, REPLY.length),
  "like-dispatched": bytes(
    FRONTEND,
    encodeFanoutMessage([{ kind: "like", deliveryClass: "transient", bytes: LIKE }], STAMPS).length,
  ),
  "comment-request": bytes(PUBLISH, encodeMsgpack(COMMENT_INPUT).length, REPLY.length),
  answer: bytes(REPLY, encodeMsgpack({ accepted: [ID] }).length),
  "record-append": bytes(historySubject(VIDEO), RECORD, HEADER_BYTES + REPLY.length),
  record: bytes(storedSubject(VIDEO, 12_345), RECORD),
  "store-answer": bytes(REPLY, 45),
  row: bytes(ROW_SUBJECT, ROW_VALUE_BYTES, DELIVERY_BYTES),
  announcement: bytes(watchedSubject(GATEWAY, VIDEO), 0),
  dispatching: bytes(
    dispatchingSubject(GATEWAY),
    encodeDispatchingNotice({ partitions: DEFAULT_PARTITIONS, serves: SERVED, isLeaving: false })
      .length,
  ),
  "settings-request": bytes(INSPECT_DISPATCHERS, 0, REPLY.length),
  settings: bytes(
    REPLY,
    encodeStatement({ dispatcher: GATEWAY, settings: SETTINGS, serves: SERVED }).length,
  ),
  "count-request": bytes(countSubject(PARTITION, VIDEO), 0, REPLY.length),
  "count-sent": bytes(
    FRONTEND,
    encodeFanoutMessage([{ kind: "viewers", deliveryClass: "latest", bytes: VIEWERS }], STAMPS)
      .length,
  ),
  "totals-write": bytes(
    `$KV.${TOTALS_BUCKET}.${VIDEO}`,
    encodeTotalsDocument({ totals: TOTALS, marks: MARKS }).length,
    HEADER_BYTES + REPLY.length,
  ),
  "totals-sent": bytes(FRONTEND, encodeTotalsMessage(TOTALS).length),
  lease: bytes(`$KV.${FRONTENDS_BUCKET}.${GATEWAY}`, LEASE, DELIVERY_BYTES),
  spending: bytes(
    spendingSubject(GATEWAY),
    encodeMsgpack({ spent: [[`actor:${ACTOR}`, 100]] }).length,
  ),
  "api-call": bytes(`$JS.API.STREAM.MSG.GET.${HISTORY_STREAM}`, 60, REPLY.length),
  "api-answer": bytes(REPLY, 400),
} as const;

export type MessageKind = keyof typeof MESSAGE_BYTES;

/** What each further event adds to a message. */
const LIKE_MORE_BYTES = {
  "like-request": encodeMsgpack(LIKE_INPUT).length,
  "like-dispatched": LIKE.length + 10,
} as const;

/** What each like that a message only counts adds to it: what tells its repeat. */
const COUNTED_LIKE_BYTES = encodeMsgpack(`${ID} actor:${ACTOR}`).length;

/**
 * The bytes of a message.
 * @param likes in it, if it is one of likes
 */
export function bytesOf(kind: MessageKind, likes = 1): number {
  const more = likes - 1;
  if (kind === "like-request") return MESSAGE_BYTES[kind] + more * LIKE_MORE_BYTES[kind];
  if (kind !== "like-dispatched") return MESSAGE_BYTES[kind];
  // Beyond the sample, they are only counted.
  const shown = Math.min(more, SAMPLE - 1);
  const counted = more - shown;
  return MESSAGE_BYTES[kind] + shown * LIKE_MORE_BYTES[kind] + counted * COUNTED_LIKE_BYTES;
}

/** What JetStream stores for a record of one comment, with the condition it was sent with. */
export const STORED_RECORD_BYTES = historySubject(VIDEO).length + RECORD + HEADER_BYTES + 30;
/** What JetStream keeps in memory for a row. */
export const STORED_ROW_BYTES = ROW_SUBJECT.length + ROW_VALUE_BYTES + 16;

function logged(kind: string, deliveryClass: "transient" | "durable", event: Uint8Array) {
  return { kind, deliveryClass, bytes: event, position: 0 } satisfies LoggedEvent;
}

/**
 * Bytes of a frame as written to a socket, without TLS, TCP and IP.
 * @param likes how many likes it holds; beyond `frameEvents` it holds counts
 */
export function frameBytes(
  wire: Wire,
  likes: number,
  comments: number,
  frameEvents: number,
): number {
  const shown = Math.min(frameEvents, Math.round(likes));
  const events = [
    ...Array.from({ length: shown }, () => logged("like", "transient", LIKE)),
    ...Array.from({ length: Math.min(frameEvents, Math.round(comments)) }, () =>
      logged("comment", "durable", COMMENT),
    ),
  ];
  // There are no frames without events.
  if (events.length === 0) events.push(logged("like", "transient", LIKE));
  const counts = likes > frameEvents ? { like: Math.round(likes) } : undefined;
  const tally = {
    transient: Math.round(likes),
    durable: Math.round(comments),
    latest: 0,
    state: 0,
  };
  const id = `${AT.toString(36)}:${SEQ}`;
  const payload = new Frame(VIDEO, events, counts, tally, id).on(wire).length;
  // Of a WebSocket message (RFC 6455 5.2), or of a chunk (RFC 9112 7.1).
  const header = payload < 126 ? 2 : 4;
  return payload + (wire === "sse" ? 8 : header);
}
