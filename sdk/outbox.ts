/**
 * What is published, until the gateway has answered. Each event has an id from the beginning: what
 * was sent and not answered is sent again with it, and counts once. Events of one video that are not
 * transient go one after the other, each when the one before it is settled, so that none overtakes
 * one that has to be sent again.
 */
import { Backoff } from "../shared/lib/backoff.ts";
import { dataRefusal, kindRefusal } from "../shared/protocol/publishable.ts";
import { errorOf, isPassing, mayBeTaken, OvationError } from "./error.ts";
import type { Answer, Link, Publication, Rules } from "./link/link.ts";

/**
 * What became of an event that was published.
 *
 * @example
 * const { eventId } = await video.publish("comment", { text: "hello" });
 */
export interface Published {
  readonly eventId: string;
  /** Of a durable event: its place in the video's history, where it is stored now. */
  readonly seq: number | undefined;
}

/**
 * What to do with an event that is published while there is no connection.
 *
 * - `wait`: it is sent when there is one again, if that is within `waitMs`.
 * - `fail`: it is refused at once with `not_connected`.
 *
 * @example
 * await video.publish("like", undefined, { whileAway: "fail" });
 */
export type WhileAway = "wait" | "fail";

/**
 * What to do with an event that the gateway refuses, since too many came in too short a time.
 *
 * - `wait`: it is sent again when the gateway takes more, if that is within `waitMs`.
 * - `fail`: it is refused at once with `rate_limited`, as `useLikes` has it for likes.
 *
 * @example
 * await video.publish("like", undefined, { whenLimited: "fail" });
 */
export type WhenLimited = "wait" | "fail";

/** How an event is published. */
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
  /** Until it is sent again. */
  pause?: Timer;
  settle(outcome: Published | OvationError): void;
  state: "waiting" | "sent" | "paused";
  /** It was sent, and what became of it was never answered: it may have been taken. */
  isUnsure: boolean;
  /** Why the gateway didn't take it when it was sent last. */
  refusal: OvationError | undefined;
}

/** Publishes that may be on their way at once; gateways refuse more than 100 of a connection. */
const IN_FLIGHT_LIMIT = 50;
/** Where the gateway does not tell which kinds are transient. */
const UNORDERED: readonly string[] = ["like"];
const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 5_000;

/** What the gateway would answer, as far as it told what it takes. */
function refusalOf(
  { kind, data, video }: Publication,
  rules: Rules | undefined,
): OvationError | undefined {
  const refusal =
    kindRefusal(kind, rules?.kinds) ?? dataRefusal(data?.length ?? 0, rules?.dataBytes);
  return refusal && errorOf(refusal, video);
}

export class Outbox {
  readonly #limit: number;
  readonly #random: () => number;
  /** In the order in which they were published. */
  readonly #entries = new Set<Entry>();
  #inFlight = 0;
  /** How many may be on their way: fewer, and slowly more again, when the gateway finds it too much. */
  #window = IN_FLIGHT_LIMIT;
  #hold: Timer | undefined;
  #link: Link | undefined;

  constructor(limit: number, random: () => number) {
    this.#limit = limit;
    this.#random = random;
  }

  /** Resolves when the gateway has taken the event; rejects with an OvationError. */
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
        const message = `${this.#limit} publishes wait already`;
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

  /** There is a connection: what waits is sent. */
  linked(link: Link): void {
    this.#link = link;
    // What was published before this gateway told what it takes.
    for (const { publication, settle } of [...this.#entries]) {
      const refusal = refusalOf(publication, link.rules);
      if (refusal !== undefined) settle(refusal);
    }
    this.#flush();
  }

  /** There is none: what was on its way waits to be sent again. */
  unlinked(): void {
    this.#link = undefined;
    this.#inFlight = 0;
    for (const entry of this.#entries) {
      if (entry.state !== "sent") continue;
      entry.state = "waiting";
      entry.isUnsure = true;
    }
  }

  /** Gives up all that waits, without a timer left; what may have been taken is told so. */
  clear(code: string, message: string): void {
    clearTimeout(this.#hold);
    this.#hold = undefined;
    for (const { settle, publication, isUnsure } of [...this.#entries]) {
      const { video } = publication;
      const [reason, text] = isUnsure
        ? ["unconfirmed", `${message}; the event may have been taken`]
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
      if (!(this.#link.rules?.transient ?? UNORDERED).includes(kind)) {
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
      // It may have expired meanwhile.
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
    const isTooMuch = code === "rate_limited";
    const refusal = errorOf(answer, video);
    if (!isPassing(code) || (isTooMuch && entry.whenLimited === "fail")) {
      return entry.settle(refusal);
    }
    entry.refusal = refusal;
    entry.isUnsure ||= mayBeTaken(code);
    this.#inFlight -= 1;
    if (isTooMuch) {
      entry.state = "waiting";
      return this.#slowDown(retryAfterMs);
    }
    entry.state = "paused";
    entry.pause = setTimeout(() => {
      entry.state = "waiting";
      this.#flush();
    }, retryAfterMs + entry.backoff.nextMs());
  }

  /** What comes now would be refused too: nothing is sent for a while, and then less at once. */
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
      const message = "no answer in time; the event may have been taken";
      return settle(new OvationError("timeout", message, { video }));
    }
    const [code, message] =
      this.#link === undefined
        ? ["not_connected", "no connection in time"]
        : ["predecessor_failed", "an earlier event was not taken in time"];
    settle(refusal ?? new OvationError(code, message, { video }));
  }
}
