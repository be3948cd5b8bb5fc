/**
 * Publishes that the gateway has not answered yet. Each event has an id from the start: if it is not
 * answered it is sent again with the same id, and counts once. Events of one video that are not
 * transient are sent one after the other, each when the previous one is settled, so that none
 * overtakes one that has to be sent again.
 */
import { Backoff } from "../shared/lib/backoff.ts";
import { dataRefusal, namelessKindRefusal } from "../shared/protocol/publishable.ts";
import { errorOf, isRetryable, mayBeAccepted, OvationError } from "./error.ts";
import type { Answer, Link, Publication, Rules } from "./link/link.ts";

/**
 * The result of a publish.
 *
 * @example
 * const { eventId } = await video.publish("comment", { text: "hello" });
 */
export interface Published {
  readonly eventId: string;
  /** The `seq` of a durable event in the video's history, where it is now stored. */
  readonly seq: number | undefined;
}

/**
 * What happens to an event that is published while there is no connection.
 *
 * - `wait`: it is sent once there is one, if that is within `waitMs`.
 * - `fail`: it is rejected at once with `not_connected`.
 *
 * @example
 * await video.publish("like", undefined, { whileAway: "fail" });
 */
export type WhileAway = "wait" | "fail";

/**
 * What happens to an event that the gateway refuses because its rate limit was exceeded.
 *
 * - `wait`: it is sent again when the gateway accepts more, if that is within `waitMs`.
 * - `fail`: it is rejected at once with `rate_limited`; `useLikes` does this with likes.
 *
 * @example
 * await video.publish("like", undefined, { whenLimited: "fail" });
 */
export type WhenLimited = "wait" | "fail";

/** The options of a publish, with their defaults filled in. */
export interface PublishTerms {
  readonly whileAway: WhileAway;
  readonly whenLimited: WhenLimited;
  readonly waitMs: number;
}

type Timer = ReturnType<typeof setTimeout>;

interface Entry {
  readonly publication: Publication;
  readonly backoff: Backoff;
  readonly whenLimited: WhenLimited;
  readonly expiry: Timer;
  /** Runs until the event is sent again. */
  pause?: Timer;
  settle(outcome: Published | OvationError): void;
  state: "waiting" | "sent" | "paused";
  /** It was sent and never answered: it may have been accepted. */
  isUnsure: boolean;
  /** Why the gateway refused it the last time. */
  refusal: OvationError | undefined;
}

/** How many publishes may be in flight at once; gateways refuse more than 100 of a connection. */
const IN_FLIGHT_LIMIT = 50;
/** The transient kinds, if the gateway does not send them. */
const TRANSIENT: readonly string[] = ["like"];

/** Whether the events of a kind need no order. */
export function isTransient(kind: string, rules: Rules | undefined): boolean {
  return (rules?.transient ?? TRANSIENT).includes(kind);
}

const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 5_000;

/** The refusal that the gateway would answer with, as far as its rules are known. */
function refusalOf(
  { kind, data, video }: Publication,
  rules: Rules | undefined,
): OvationError | undefined {
  const refusal = namelessKindRefusal(kind) ?? dataRefusal(data?.length ?? 0, rules?.dataBytes);
  return refusal && errorOf(refusal, video);
}

export class Outbox {
  readonly #limit: number;
  readonly #random: () => number;
  /** In the order in which they were published. */
  readonly #entries = new Set<Entry>();
  #inFlight = 0;
  /** How many may be in flight: halved when the gateway limits the rate, then slowly raised again. */
  #window = IN_FLIGHT_LIMIT;
  #hold: Timer | undefined;
  #link: Link | undefined;

  constructor(limit: number, random: () => number) {
    this.#limit = limit;
    this.#random = random;
  }

  /** Resolves when the gateway has accepted the event; rejects with an OvationError. */
  publish(
    publication: Publication,
    { whileAway, whenLimited, waitMs }: PublishTerms,
  ): Promise<Published> {
    const { video } = publication;
    return new Promise((resolve, reject) => {
      const refusal = refusalOf(publication, this.#link?.rules);
      if (refusal !== undefined) return reject(refusal);
      if (this.#link === undefined && whileAway === "fail") {
        return reject(new OvationError("not_connected", "there is no connection", { video }));
      }
      if (this.#entries.size >= this.#limit) {
        const message = `${this.#limit} publishes are already waiting`;
        return reject(new OvationError("queue_full", message, { video }));
      }
      const entry: Entry = {
        publication,
        backoff: new Backoff(0, RETRY_MAX_MS, this.#random, RETRY_FIRST_MS),
        expiry: setTimeout(() => this.#expire(entry), waitMs),
        whenLimited,
        state: "waiting",
        isUnsure: false,
        refusal: undefined,
        settle: (outcome) => {
          clearTimeout(entry.expiry);
          clearTimeout(entry.pause);
          this.#entries.delete(entry);
          if (entry.state === "sent") this.#inFlight -= 1;
          if (outcome instanceof OvationError) reject(outcome);
          else resolve(outcome);
        },
      };
      this.#entries.add(entry);
      this.#flush();
    });
  }

  /** A connection is ready: sends the waiting events. */
  linked(link: Link): void {
    this.#link = link;
    // These were published before this gateway's rules were known.
    for (const { publication, settle } of [...this.#entries]) {
      const refusal = refusalOf(publication, link.rules);
      if (refusal !== undefined) settle(refusal);
    }
    this.#flush();
  }

  /** The connection ended: events in flight wait to be sent again. */
  unlinked(): void {
    this.#link = undefined;
    this.#inFlight = 0;
    for (const entry of this.#entries) {
      if (entry.state !== "sent") continue;
      entry.state = "waiting";
      entry.isUnsure = true;
    }
  }

  /** Rejects all waiting events and stops all timers; events that may have been accepted get `unconfirmed`. */
  clear(code: string, message: string): void {
    clearTimeout(this.#hold);
    this.#hold = undefined;
    for (const { settle, publication, isUnsure } of [...this.#entries]) {
      const { video } = publication;
      const [reason, text] = isUnsure
        ? ["unconfirmed", `${message}; the event may have been accepted`]
        : [code, message];
      settle(new OvationError(reason, text, { video }));
    }
  }

  #flush(): void {
    const ordered = new Set<string>();
    for (const entry of this.#entries) {
      if (this.#link === undefined || this.#hold !== undefined) return;
      if (this.#inFlight >= Math.floor(this.#window)) return;
      const { video, kind } = entry.publication;
      if (!isTransient(kind, this.#link.rules)) {
        if (ordered.has(video)) continue;
        ordered.add(video);
      }
      if (entry.state === "waiting") this.#send(this.#link, entry);
    }
  }

  #send(link: Link, entry: Entry): void {
    entry.state = "sent";
    entry.refusal = undefined;
    this.#inFlight += 1;
    link.publish(entry.publication, (answer) => {
      // The event may have expired meanwhile.
      if (this.#entries.has(entry) && entry.state === "sent") this.#answered(entry, answer);
      this.#flush();
    });
  }

  #answered(entry: Entry, answer: Answer): void {
    const { eventId, video } = entry.publication;
    if (answer.op === "result") {
      this.#window = Math.min(IN_FLIGHT_LIMIT, this.#window + 1 / this.#window);
      return entry.settle({ eventId, seq: answer.seq });
    }
    const { code, retryAfterMs = 0 } = answer;
    const isLimited = code === "rate_limited";
    const refusal = errorOf(answer, video);
    // Slow mode names itself: its wait is for a person to see, and holds up nothing else.
    if (!isRetryable(code) || (isLimited && (entry.whenLimited === "fail" || answer.field))) {
      return entry.settle(refusal);
    }
    entry.refusal = refusal;
    entry.isUnsure ||= mayBeAccepted(code);
    this.#inFlight -= 1;
    if (isLimited) {
      entry.state = "waiting";
      return this.#slowDown(retryAfterMs);
    }
    entry.state = "paused";
    entry.pause = setTimeout(() => {
      entry.state = "waiting";
      this.#flush();
    }, retryAfterMs + entry.backoff.nextMs());
  }

  /** Further events would be refused too: sends nothing for a while, then fewer at once. */
  #slowDown(ms: number): void {
    if (this.#hold !== undefined) return;
    this.#window = Math.max(1, this.#window / 2);
    this.#hold = setTimeout(
      () => {
        this.#hold = undefined;
        this.#flush();
      },
      Math.max(ms, RETRY_FIRST_MS),
    );
  }

  #expire({ publication: { video }, state, isUnsure, refusal, settle }: Entry): void {
    if (isUnsure || state === "sent") {
      const message = "no answer in time; the event may have been accepted";
      return settle(new OvationError("timeout", message, { video }));
    }
    const [code, message] =
      this.#link === undefined
        ? ["not_connected", "no connection in time"]
        : ["predecessor_failed", "an earlier event was not accepted in time"];
    settle(refusal ?? new OvationError(code, message, { video }));
  }
}
