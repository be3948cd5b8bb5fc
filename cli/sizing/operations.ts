/**
 * What each operation of Ovation sends over NATS. `test/local/sizing.test.ts` checks it against the
 * counters of a real NATS.
 */
import { storeConfigs } from "../../shared/bus/store-configs.ts";
import { configFor } from "../../shared/config/load.ts";
import { DEFAULT_PARTITIONS, OWNERS } from "../../shared/protocol/partitions.ts";
import type { MessageKind } from "./message-bytes.ts";

/** Messages of one kind: how many NATS receives, and to how many connections it delivers them. */
export interface Sends {
  readonly kind: MessageKind;
  readonly in: number;
  readonly out: number;
}

/** From one process to another. */
function sent(kind: MessageKind): Sends {
  return { kind, in: 1, out: 1 };
}

/** From a process to JetStream. */
function stored(kind: MessageKind): Sends {
  return { kind, in: 1, out: 0 };
}

/** From JetStream to that many processes. */
function delivered(kind: MessageKind, out: number): Sends {
  return { kind, in: 0, out };
}

/** A JetStream API call and its answer. */
const API_CALL: readonly Sends[] = [stored("api-call"), delivered("api-answer", 1)];

/** Each store's state is read; the history is asked for, and a message is stored and deleted. */
const STORE_CHECKS = {
  stores: storeConfigs(configFor("dispatcher")).length,
  everySeconds: 7.5,
  tryCalls: 3,
  trySeconds: 4,
} as const;

function repeated(sends: readonly Sends[], times: number): readonly Sends[] {
  return sends.map((one) => ({ ...one, in: one.in * times, out: one.out * times }));
}

/** Likes in one request, and its answer. */
export function likeRequest(): readonly Sends[] {
  return [sent("like-request"), sent("answer")];
}

/**
 * A dispatcher sends likes: of one request, or of those in a window.
 * @param gateways that have viewers of the video
 */
export function likesSent(gateways: number): readonly Sends[] {
  return [{ kind: "like-dispatched", in: gateways, out: gateways }];
}

/** A comment's request and its answer, once it is stored. */
export function commentRequest(): readonly Sends[] {
  return [sent("comment-request"), sent("answer")];
}

/** One record of comments: stored, and sent to the other dispatchers and to the gateways. */
export function record(gateways: number, dispatchers: number): readonly Sends[] {
  return [
    stored("record-append"),
    delivered("store-answer", 1),
    { kind: "record", in: 1, out: dispatchers },
    { kind: "record", in: gateways, out: gateways },
  ];
}

/** A gateway writes or removes a row, which all dispatchers see. */
export function rowWrite(dispatchers: number): readonly Sends[] {
  return [stored("row"), delivered("store-answer", 1), delivered("row", dispatchers)];
}

/** A gateway announces to all dispatchers that it has begun to watch a video. */
export function rowAnnouncement(dispatchers: number): readonly Sends[] {
  return [{ kind: "announcement", in: 1, out: dispatchers }];
}

/** A dispatcher tells all, itself included, which partitions it serves. */
export function dispatchingNotice(dispatchers: number): readonly Sends[] {
  return [{ kind: "dispatching", in: 1, out: dispatchers }];
}

/** A gateway asks all dispatchers for their settings. */
export function settingsRequest(dispatchers: number): readonly Sends[] {
  return [
    { kind: "settings-request", in: 1, out: dispatchers },
    { kind: "settings", in: dispatchers, out: dispatchers },
  ];
}

/** A gateway requests a video's viewer count. */
export function countRequest(): readonly Sends[] {
  return [sent("count-request"), sent("answer")];
}

/** A dispatcher sends a video's viewer count to the gateways. */
export function countSent(gateways: number): readonly Sends[] {
  return [{ kind: "count-sent", in: gateways, out: gateways }];
}

export function leaseRenewal(dispatchers: number): readonly Sends[] {
  return [stored("lease"), delivered("store-answer", 1), delivered("lease", dispatchers)];
}

/** A gateway checks whether a video's history holds something that it has not received. */
export function historyCheck(): readonly Sends[] {
  return API_CALL;
}

/** A process reads a video's stored state, its totals, or an hour of its timeline. */
export function documentRead(): readonly Sends[] {
  return API_CALL;
}

/** A dispatcher stores a video's totals, or an hour of its timeline. */
export function totalsWrite(): readonly Sends[] {
  return [stored("totals-write"), delivered("store-answer", 1)];
}

/** A dispatcher sends a video's totals to the gateways. */
export function totalsSent(gateways: number): readonly Sends[] {
  return [{ kind: "totals-sent", in: gateways, out: gateways }];
}

/** API calls besides one for each entry: a gateway reads its own rows, a dispatcher rows and leases. */
const READ_CALLS = { gateway: 1, dispatcher: 4 } as const;

/** A process reads its whole part of the table. */
export function tableRead(reader: keyof typeof READ_CALLS, entries: number): readonly Sends[] {
  return repeated(API_CALL, READ_CALLS[reader] + entries);
}

/**
 * What processes ask each second: whether they have heard every change of the kinds and bans, and
 * dispatchers of three more buckets.
 */
export function watchChecks(gateways: number, dispatchers: number): readonly Sends[] {
  return repeated(API_CALL, 2 * gateways + 5 * dispatchers);
}

/** What dispatchers ask each second about the stores, and write to see whether the history works. */
export function storeChecks(dispatchers: number): readonly Sends[] {
  const { stores, everySeconds, tryCalls, trySeconds } = STORE_CHECKS;
  return repeated(API_CALL, dispatchers * (stores / everySeconds + tryCalls / trySeconds));
}

/** A gateway sends all gateways what its clients have published. */
export function quotaSync(gateways: number): readonly Sends[] {
  return [{ kind: "spending", in: 1, out: gateways }];
}

/**
 * A process's NATS subscriptions other than those of videos: for answers, for broadcasts, for the
 * notices of streams, of state and of bans, and, in a dispatcher, for both buckets of the table. For
 * each partition: the requests of gateways and services, at each dispatcher that serves it.
 */
export const SUBSCRIPTIONS = { gateway: 18, dispatcher: 50, partition: 7 } as const;

/** Those of all dispatchers. */
export function dispatcherSubscriptions(dispatchers: number): number {
  const served = DEFAULT_PARTITIONS * Math.min(OWNERS, dispatchers);
  return dispatchers * SUBSCRIPTIONS.dispatcher + served * SUBSCRIPTIONS.partition;
}

/** Messages in and out, over all kinds. */
export function messagesOf(sends: readonly Sends[]): { readonly in: number; readonly out: number } {
  return sends.reduce((sum, one) => ({ in: sum.in + one.in, out: sum.out + one.out }), {
    in: 0,
    out: 0,
  });
}
