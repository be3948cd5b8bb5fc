/**
 * The totals of one video as its viewers here are to see them. They are read from the store when the
 * video is first held, and after an outage; dispatchers send them when they change, and each record
 * of the video's chain has those of durable kinds. What is known is joined, so that viewers never
 * see a total that is lower than one before, in whichever order all this comes.
 */
import { Backoff } from "../../shared/lib/backoff.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { TOTALS_KIND } from "../../shared/protocol/kinds.ts";
import {
  type ChainTotals,
  joinTotals,
  NO_CHAIN,
  NO_TOTALS,
  type VideoTotals as Stored,
  shownTotals,
  type Totals,
  withChain,
} from "../../shared/protocol/totals/totals.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { MonotonicClock, WallClock } from "../../shared/runtime/lifecycle.ts";
import type { TotalsReader } from "./totals-reader.ts";

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
/** Intervals until what is stored is read again: a dispatcher may have missed our first viewer. */
const CHECK_AFTER = 2;

export interface VideoTotalsOptions {
  readonly reader: Pick<TotalsReader, "read" | "onDoubt">;
  /** Viewers get them no more often. */
  readonly intervalMs: number;
  readonly newId: () => string;
  readonly random: () => number;
  readonly now: MonotonicClock;
  readonly wallClock: WallClock;
}

export class VideoTotals {
  readonly #video: string;
  readonly #options: VideoTotalsOptions;
  readonly #send: (event: FanoutEvent) => void;
  readonly #backoff: Backoff;
  #stored: Stored | undefined;
  #chain: ChainTotals = NO_CHAIN;
  #sent: Totals = {};
  #sentAt = Number.NEGATIVE_INFINITY;
  #sendTimer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #readTimer: NodeJS.Timeout | undefined;
  #unlisten: () => void = () => undefined;
  #isStopped = false;

  /** @param send sends viewers the totals, as an event */
  constructor(video: string, options: VideoTotalsOptions, send: (event: FanoutEvent) => void) {
    this.#video = video;
    this.#options = options;
    this.#send = send;
    this.#backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS, options.random);
  }

  start(): void {
    const { reader, intervalMs } = this.#options;
    this.#unlisten = reader.onDoubt(() => this.#syncIn(0));
    this.#syncIn(CHECK_AFTER * intervalMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#readTimer);
    clearTimeout(this.#sendTimer);
    this.#unlisten();
  }

  /**
   * The totals that viewers were sent last; undefined until they could be read. What is known since
   * follows within an interval: a newcomer who began with it would then get an older event.
   */
  get shown(): Totals | undefined {
    return this.#stored === undefined ? undefined : this.#sent;
  }

  /** A dispatcher stored them. */
  receive(totals: Stored): void {
    // Before they were read, these are all that is known; they are all that is stored, too.
    this.#stored = joinTotals(this.#stored ?? NO_TOTALS, totals);
    this.#sendSoon();
  }

  /** A record of the video's chain says what durable kinds have. */
  receiveChain(chain: ChainTotals): void {
    if (chain.seq <= this.#chain.seq) return;
    this.#chain = chain;
    if (this.#stored !== undefined) this.#sendSoon();
  }

  /**
   * Reads what is stored.
   * @throws what the reader throws; it is tried again later
   */
  async sync(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      this.receive(await this.#options.reader.read(this.#video));
      this.#backoff.reset();
    } catch (error) {
      this.#syncIn(this.#backoff.nextMs());
      throw error;
    }
  }

  #syncIn(ms: number): void {
    if (this.#isStopped) return;
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(() => void this.sync().catch(() => undefined), ms);
  }

  #sendSoon(): void {
    if (this.#isStopped || this.#sendTimer !== undefined) return;
    const waitMs = this.#sentAt + this.#options.intervalMs - this.#options.now();
    if (waitMs <= 0) return this.#sendNow();
    this.#sendTimer = setTimeout(() => {
      this.#sendTimer = undefined;
      this.#sendNow();
    }, waitMs);
  }

  #sendNow(): void {
    const { newId, now, wallClock } = this.#options;
    if (this.#stored === undefined) return;
    const shown = shownTotals(withChain(this.#stored, this.#chain));
    if (areEqual(shown, this.#sent)) return;
    this.#sent = shown;
    this.#sentAt = now();
    const event = { id: newId(), kind: TOTALS_KIND, at: wallClock(), data: shown };
    this.#send({ kind: TOTALS_KIND, deliveryClass: "latest", bytes: encodeMsgpack(event) });
  }
}

function areEqual(one: Totals, other: Totals): boolean {
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => one[name] === other[name]);
}
