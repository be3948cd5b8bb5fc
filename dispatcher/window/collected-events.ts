/**
 * The events of one video that are collected for one message: an even sample of up to 100 of them,
 * and exact counts of the others by kind and variant. Of class latest, only the newest of each kind.
 */
import type { CountedEvents } from "../../shared/protocol/counted-events.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { RequestTiming } from "../requests/request-timing.ts";

/** The most transient events that a message shows. */
export const SAMPLE = 100;

type Counted = { -readonly [Key in keyof CountedEvents]: CountedEvents[Key] } & {
  readonly repeatKeys: string[];
};

export class CollectedEvents {
  /** Of the request that was taken first. */
  readonly oldest: RequestTiming;
  /** Resolves when they are sent, and fails when they can't be. */
  readonly sent: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (fault: unknown) => void;
  /** When the oldest of them was published, in milliseconds since 1970. */
  publishedAt = Number.POSITIVE_INFINITY;
  /** Of the first request that is traced. */
  trace: TraceContext | undefined;
  /** How many events were added. */
  size = 0;
  readonly #counted: Counted[] = [];
  readonly #newest = new Map<string, FanoutEvent>();
  #sample: FanoutEvent[] = [];
  /** Each event with a number that this divides is in the sample. */
  #stride = 1;
  #transient = 0;

  /** @param oldest the request that is added first */
  constructor(oldest: RequestTiming) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.oldest = oldest;
    this.sent = promise;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Adds the events of one request: transient ones, and of class latest. */
  add(events: readonly FanoutEvent[], { publishedAt, trace }: RequestTiming): void {
    this.publishedAt = Math.min(this.publishedAt, publishedAt);
    this.trace ??= trace;
    this.size += events.length;
    for (const event of events) {
      if (event.deliveryClass === "latest") this.#newest.set(event.kind, event);
      else this.#addTransient(event);
    }
  }

  /** Adds an event of class latest, which comes with no request. */
  addNewest(event: FanoutEvent): void {
    this.size += 1;
    this.#newest.set(event.kind, event);
  }

  /**
   * What is sent. To be called once.
   * @param bytesLimit of the sample: events beyond it are only counted
   */
  take(bytesLimit: number): { events: FanoutEvent[]; counted: readonly CountedEvents[] } {
    const events = [...this.#newest.values()];
    let bytes = 0;
    for (const event of this.#sample) {
      bytes += event.bytes.length;
      if (bytes <= bytesLimit) events.push(event);
      else this.#count(event);
    }
    return { events, counted: this.#counted };
  }

  #addTransient(event: FanoutEvent): void {
    const number = this.#transient;
    this.#transient += 1;
    if (number % this.#stride !== 0) return this.#count(event);
    if (this.#sample.length === SAMPLE) {
      this.#thin();
      if (number % this.#stride !== 0) return this.#count(event);
    }
    this.#sample.push(event);
  }

  /** Halves the sample. */
  #thin(): void {
    this.#stride *= 2;
    this.#sample = this.#sample.filter((event, index) => {
      if (index % 2 === 0) return true;
      this.#count(event);
      return false;
    });
  }

  #count({ kind, variant, repeatKey }: FanoutEvent): void {
    const counted = this.#countedOf(kind, variant);
    counted.count += 1;
    if (repeatKey !== undefined) counted.repeatKeys.push(repeatKey);
  }

  /** There are few names, and most events have that of the one before. */
  #countedOf(kind: string, variant: string | undefined): Counted {
    const known = this.#counted.find((one) => one.kind === kind && one.variant === variant);
    if (known !== undefined) return known;
    const counted: Counted = { kind, variant, count: 0, repeatKeys: [] };
    this.#counted.push(counted);
    return counted;
  }
}
