/**
 * What each act of Ovation sends over NATS. `test/local/sizing.test.ts` counts it on a real NATS, by
 * NATS's own counters.
 */
import type { MessageKind } from "./message-bytes.ts";

/** Messages of one kind: how often NATS takes it in, and to how many connections it gives it out. */
export interface Sends {
  readonly kind: MessageKind;
  readonly in: number;
  readonly out: number;
}

/** From one process to another. */
function passed(kind: MessageKind): Sends {
  return { kind, in: 1, out: 1 };
}

/** From a process to JetStream, or from there to a process. */
function stored(kind: MessageKind): Sends {
  return { kind, in: 1, out: 0 };
}

function given(kind: MessageKind, out: number): Sends {
  return { kind, in: 0, out };
}

/** A call of JetStream's API and its answer. */
const API_CALL: readonly Sends[] = [stored("api-call"), given("api-answer", 1)];

function repeated(sends: readonly Sends[], times: number): readonly Sends[] {
  return sends.map((one) => ({ ...one, in: one.in * times, out: one.out * times }));
}

/**
 * Likes in one request, which a dispatcher sends to the gateways with viewers of the video.
 * @param kind of the message to the gateways
 */
export function likeRequest(gateways: number): readonly Sends[] {
  return [
    passed("like-request"),
    passed("answer"),
    { kind: "like-dispatched", in: gateways, out: gateways },
  ];
}

/** A comment's request and its answer, once it is stored. */
export function commentRequest(): readonly Sends[] {
  return [passed("comment-request"), passed("answer")];
}

/** One record of comments, stored, told to the other dispatchers, and sent to the gateways. */
export function record(gateways: number, dispatchers: number): readonly Sends[] {
  return [
    stored("record-append"),
    given("store-answer", 1),
    { kind: "record", in: 1, out: dispatchers },
    { kind: "record", in: gateways, out: gateways },
  ];
}

/** A gateway writes or removes a row, which all dispatchers see. */
export function rowWrite(dispatchers: number): readonly Sends[] {
  return [stored("row"), given("store-answer", 1), given("row", dispatchers)];
}

/** A gateway tells all dispatchers that it begins to watch a video. */
export function rowAnnounced(dispatchers: number): readonly Sends[] {
  return [{ kind: "announcement", in: 1, out: dispatchers }];
}

/** A gateway asks all dispatchers for their settings. */
export function settingsAsked(dispatchers: number): readonly Sends[] {
  return [
    { kind: "settings-request", in: 1, out: dispatchers },
    { kind: "settings", in: dispatchers, out: dispatchers },
  ];
}

/** A gateway asks that a video's viewers be counted. */
export function countRequest(): readonly Sends[] {
  return [passed("count-request"), passed("answer")];
}

/** A dispatcher tells the gateways how many viewers a video has. */
export function countTold(gateways: number): readonly Sends[] {
  return [{ kind: "count-told", in: gateways, out: gateways }];
}

export function leaseRenewal(dispatchers: number): readonly Sends[] {
  return [stored("lease"), given("store-answer", 1), given("lease", dispatchers)];
}

/** A gateway looks whether a video's history has something that did not come. */
export function historyLook(): readonly Sends[] {
  return API_CALL;
}

/** Calls of the API: a gateway reads its rows, a dispatcher all rows and all leases. */
const READ_CALLS = { gateway: 4, dispatcher: 14 } as const;

/** Somebody reads whole what it needs of the table. */
export function tableRead(reader: keyof typeof READ_CALLS, entries: number): readonly Sends[] {
  return [...repeated(API_CALL, READ_CALLS[reader]), given("row", entries)];
}

/** A gateway tells all gateways what actors have published there. */
export function spendingTold(gateways: number): readonly Sends[] {
  return [{ kind: "spending", in: 1, out: gateways }];
}

/**
 * Subscriptions that a process has at NATS beside those of videos: for answers, for what all hear,
 * for word of a stream that was made anew, and, of a dispatcher, for both buckets of the table.
 */
export const SUBSCRIPTIONS = { gateway: 9, dispatcher: 14 } as const;

/** Messages in and out, over all kinds. */
export function messagesOf(sends: readonly Sends[]): { readonly in: number; readonly out: number } {
  return sends.reduce((sum, one) => ({ in: sum.in + one.in, out: sum.out + one.out }), {
    in: 0,
    out: 0,
  });
}
