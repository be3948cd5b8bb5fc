/** Reads the history's stream over the caller's connection, message by message, as user `consumer`. */
import { setTimeout as wait } from "node:timers/promises";
import { Backoff } from "../../shared/lib/backoff.ts";
import {
  HISTORY_STREAM,
  HISTORY_SUBJECTS,
  historySubject,
} from "../../shared/protocol/subjects.ts";
import { isFields, OvationError } from "../error.ts";
import type { NatsConnection } from "./types.ts";

const REQUEST_TIMEOUT_MS = 5_000;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
/** JetStream's code for a sequence, or a subject, that has no message. */
const NO_MESSAGE = 10_037;

/** A stored message. */
export interface StoredMessage {
  readonly video: string;
  readonly sequence: number;
  /** When it was stored, in milliseconds since 1970. */
  readonly at: number;
  readonly payload: Uint8Array;
}

/** What the stream says of itself. */
export interface StoreState {
  readonly epoch: string;
  /** The oldest sequence that is kept; one above `last` when nothing is. */
  readonly first: number;
  readonly last: number;
  /** Milliseconds; 0: for ever. */
  readonly ageMs: number;
  /** Whether it keeps so much that it may have removed the oldest messages for that. */
  readonly isNearlyFull: boolean;
}

interface StoreOptions {
  readonly nats: NatsConnection;
  readonly video: string | undefined;
  /** How long the first answer is waited for. */
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
}

export class Store {
  readonly #options: StoreOptions;
  readonly #filter: string;
  readonly #startedAt = performance.now();
  #hasAnswered = false;

  constructor(options: StoreOptions) {
    this.#options = options;
    const { video } = options;
    this.#filter = video === undefined ? HISTORY_SUBJECTS : historySubject(video);
  }

  /** @throws OvationError unreachable */
  async state(): Promise<StoreState> {
    const answer = await this.#ask(`$JS.API.STREAM.INFO.${HISTORY_STREAM}`, "");
    const { created, state, config } = answer as unknown as StreamInfo;
    const { max_age: age, max_bytes: limit } = config;
    return {
      epoch: Date.parse(created).toString(36),
      first: state.first_seq,
      last: state.last_seq,
      ageMs: age / 1_000_000,
      isNearlyFull: limit > 0 && state.bytes > limit * NEARLY_FULL,
    };
  }

  /**
   * The first message from a sequence on; undefined when there is none.
   * @throws OvationError unreachable
   */
  async next(sequence: number, video?: string): Promise<StoredMessage | undefined> {
    const filter = video === undefined ? this.#filter : historySubject(video);
    return await this.#get({ seq: sequence, next_by_subj: filter });
  }

  /**
   * The messages that follow a sequence, oldest first, as many as so many requests find.
   * @throws OvationError unreachable
   */
  async after(
    sequence: number,
    requests: number,
  ): Promise<{ readonly messages: readonly StoredMessage[]; readonly isEnd: boolean }> {
    const first = sequence + 1;
    const found = await Promise.all(
      Array.from({ length: requests }, (_, index) => this.next(first + index)),
    );
    const messages: StoredMessage[] = [];
    // In their order: a message may have been stored while the first of these were answered.
    for (let at = 0; at < found.length; ) {
      const message = found[at];
      if (message === undefined) return { messages, isEnd: true };
      messages.push(message);
      at = message.sequence + 1 - first;
    }
    return { messages, isEnd: false };
  }

  /**
   * Resolves when something may have been stored since `check` resolved with true, at the latest after
   * `ms`.
   * @param check whether there is still nothing; called when whatever is stored from then on is heard
   */
  async quiet(ms: number, check: () => Promise<boolean>): Promise<void> {
    const { nats, signal } = this.#options;
    const heard = new AbortController();
    const ends = signal === undefined ? [heard.signal] : [heard.signal, signal];
    const subject = `ov.stored.${this.#options.video ?? "*"}.*`;
    if (nats.isClosed()) throw closedError();
    const callback = (error: unknown) => {
      if (error === null || error === undefined) heard.abort();
    };
    const hint = nats.subscribe(subject, { max: 1, callback });
    try {
      if (await check()) await pause(ms, AbortSignal.any(ends));
    } finally {
      // With the connection, or by the message, it may have ended.
      if (!hint.isClosed()) hint.unsubscribe();
    }
  }

  async #get(request: Readonly<Record<string, unknown>>): Promise<StoredMessage | undefined> {
    const subject = `$JS.API.STREAM.MSG.GET.${HISTORY_STREAM}`;
    const answer = await this.#ask(subject, JSON.stringify(request));
    const { message } = answer as unknown as { readonly message?: ApiMessage };
    if (message === undefined) return undefined;
    return {
      video: message.subject.slice(HISTORY_SUBJECTS.length - 1),
      sequence: message.seq,
      at: Date.parse(message.time),
      payload: Buffer.from(message.data ?? "", "base64"),
    };
  }

  /** Repeats the request until it is answered; the first one of a reader for `waitMs`. */
  async #ask(subject: string, body: string): Promise<Readonly<Record<string, unknown>>> {
    const { nats, waitMs, signal } = this.#options;
    const backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
    for (;;) {
      signal?.throwIfAborted();
      if (nats.isClosed()) throw closedError();
      try {
        const { data } = await nats.request(subject, body, { timeout: REQUEST_TIMEOUT_MS });
        const answer = answerIn(data);
        this.#hasAnswered = true;
        return answer;
      } catch (cause) {
        const ms = backoff.nextMs();
        const isLate = performance.now() + ms - this.#startedAt > waitMs;
        if (!this.#hasAnswered && isLate) throw unreachable(cause);
        await pause(ms, signal);
      }
    }
  }
}

/** The share of its limit from which a stream may have removed messages. */
const NEARLY_FULL = 0.9;

interface StreamInfo {
  readonly created: string;
  readonly state: { readonly first_seq: number; readonly last_seq: number; readonly bytes: number };
  readonly config: { readonly max_age: number; readonly max_bytes: number };
}

interface ApiMessage {
  readonly subject: string;
  readonly seq: number;
  readonly time: string;
  /** Base64; absent when it is empty. */
  readonly data?: string;
}

/** @throws Error with what JetStream says, but not when it only has no such message */
function answerIn(data: Uint8Array): Readonly<Record<string, unknown>> {
  const answer: unknown = JSON.parse(Buffer.from(data).toString());
  if (!isFields(answer)) throw new Error("NATS sent something else than an object");
  const { error } = answer;
  if (!isFields(error) || error["err_code"] === NO_MESSAGE) return answer;
  throw new Error(`NATS: ${error["description"]}`);
}

/** Resolves after this time, or when the signal is aborted. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

function unreachable(cause: unknown): OvationError {
  const text = "the history can't be read over NATS: no answer, or no right to it";
  return new OvationError("unreachable", text, { cause });
}

function closedError(): OvationError {
  return new OvationError("unreachable", "the connection to NATS is closed");
}
