/** What happened on all videos, in order for each, from a position on: the loop over the history. */

import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import { RETRACTED_KIND } from "../../shared/protocol/kinds.ts";
import { VIDEO_PATTERN } from "../../shared/protocol/name-patterns.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { isFields, OvationError } from "../error.ts";
import { type Brought, Chains, LostRecords } from "./chain.ts";
import { type Position, positionAfter, positionOf, startOf, textOf } from "./position.ts";
import { Store, type StoreState } from "./store.ts";
import type { EventsOptions, HistoryEvent, NatsConnection } from "./types.ts";

/** Messages that are asked for at once. */
const REQUESTS_LIMIT = 32;
/** While nothing is heard, it is asked whether something was stored. */
const CHECK_MS = 5_000;
/** So often it is asked whether the history is still the same. */
const STATE_MS = 1_000;

interface ReadOptions extends EventsOptions {
  readonly nats: NatsConnection;
  readonly waitMs: number;
}

/**
 * What there is, as it comes: lists that aren't empty. It goes on when the next one is asked for.
 * @throws TypeError that names an option that can't be used
 * @throws OvationError position_gone, unreachable, record_unreadable
 */
export async function* readEvents(
  options: ReadOptions,
): AsyncGenerator<readonly HistoryEvent[], void, undefined> {
  const { signal } = options;
  const reader = new Reader(checked(options));
  try {
    for (;;) {
      const events = await reader.next();
      if (signal?.aborted === true) return;
      if (events.length > 0) yield events;
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

function checked(options: ReadOptions): ReadOptions {
  const { from, video } = options;
  if (video !== undefined && !VIDEO_PATTERN.test(video)) {
    throw new TypeError("video: 1 to 128 of the characters A-Z a-z 0-9 _ - are expected");
  }
  if (from !== "start" && from !== "now" && positionOf(from) === undefined) {
    throw new TypeError('from: "start", "now" or the position of an event is expected');
  }
  return options;
}

class Reader {
  readonly #options: ReadOptions;
  readonly #store: Store;
  #position: Position | undefined;
  #chains: Chains | undefined;
  #requests = 1;
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ReadOptions) {
    this.#options = options;
    const { nats, video, waitMs, signal } = options;
    this.#store = new Store({ nats, video, waitMs, signal });
  }

  /** The next events; none after a while in which nothing was stored. */
  async next(): Promise<readonly HistoryEvent[]> {
    let position = this.#position ?? (await this.#begin());
    if (performance.now() - this.#checkedAt > STATE_MS) position = await this.#check(position);
    const askedAt = Date.now();
    const { messages, isEnd } = await this.#store.after(position.sequence, this.#requests);
    this.#requests = isEnd ? 1 : Math.min(REQUESTS_LIMIT, this.#requests * 2);
    const chains = this.#chains ?? new Chains(this.#store, position);
    this.#chains = chains;
    const told: Told[] = [];
    for (const message of messages) {
      const before = position;
      position = { ...before, sequence: message.sequence, at: message.at, done: undefined };
      told.push(...toldBy(await this.#take(chains, message, before), before, position));
    }
    if (isEnd) {
      chains.settle(position.sequence);
      const settled = positionAfter(position.epoch, position.sequence, askedAt);
      const last = told.at(-1);
      if (last?.position === position) last.position = settled;
      position = settled;
    }
    this.#position = position;
    if (isEnd && told.length === 0) await this.#wait(position);
    return told.map(({ event, position: reached }) => {
      return { ...event, epoch: position.epoch, position: textOf(reached) } as HistoryEvent;
    });
  }

  async #wait({ sequence }: Position): Promise<void> {
    const store = this.#store;
    await store.quiet(CHECK_MS, async () => (await store.next(sequence + 1)) === undefined);
  }

  async #take(
    chains: Chains,
    message: Parameters<Chains["take"]>[0],
    before: Position,
  ): Promise<Brought> {
    try {
      return await chains.take(message);
    } catch (error) {
      if (!(error instanceof LostRecords)) throw error;
      const { video, seq } = error;
      const text = `events of the video ${video} went out of the history before they were read`;
      throw gone(text, { ...before, done: { video, seq } });
    }
  }

  async #begin(): Promise<Position> {
    const { from } = this.#options;
    const { epoch, last } = await this.#store.state();
    if (from === "now") return positionAfter(epoch, last, Date.now());
    return positionOf(from) ?? startOf(epoch, last);
  }

  /** Whether what follows the position is still there. */
  async #check(position: Position): Promise<Position> {
    const state = await this.#store.state();
    this.#checkedAt = performance.now();
    if (state.epoch !== position.epoch) {
      throw gone("the history was created again", startOf(state.epoch, state.last));
    }
    const { first, last } = state;
    if (last < position.sequence) {
      const text = "the history has lost its newest events";
      throw gone(text, positionAfter(state.epoch, last, position.at));
    }
    // Of one video, the next message that is left shows whether one before it is gone.
    if (this.#options.video === undefined && isOld(position, state)) {
      const text = "what was stored after this position is not kept any more";
      throw gone(text, positionAfter(state.epoch, first - 1, position.at));
    }
    return position;
  }
}

/** Whether the stream may have removed messages that follow the position, for their age or its size. */
function isOld(
  { sequence, since, at }: Position,
  { first, ageMs, isNearlyFull }: StoreState,
): boolean {
  if (first <= Math.max(sequence, since) + 1) return false;
  return isNearlyFull || (ageMs > 0 && at + ageMs < Date.now());
}

function gone(text: string, position: Position): OvationError {
  return new OvationError("position_gone", text, { position: textOf(position) });
}

/** An event, and where to go on after it. */
interface Told {
  readonly event: Readonly<Record<string, unknown>>;
  position: Position;
}

/**
 * The events of a message. After each but the last, the position is the one before the message, with
 * how much of it is done.
 */
function toldBy({ video, records, erased }: Brought, before: Position, after: Position): Told[] {
  if (erased !== undefined) {
    return [{ event: { type: "erased", video, seq: erased }, position: after }];
  }
  const events = records.flatMap((record) => record.events);
  return events.map((event, index) => {
    const isLast = index === events.length - 1;
    const position = isLast ? after : { ...before, done: { video, seq: event.seq } };
    return { event: shown(video, event), position };
  });
}

/** The event as it is told. */
function shown(video: string, { kind, bytes, retracts }: DurableEvent): Told["event"] {
  const event = decodeTrustedMsgpack(bytes);
  if (!isFields(event)) throw new Error("the history has an event that is none");
  if (kind !== RETRACTED_KIND) return { type: "stored", video, ...event };
  const { data, seq, at } = event;
  const id = isFields(data) ? data["id"] : undefined;
  return { type: "deleted", video, id, deleted: retracts, seq, at };
}
