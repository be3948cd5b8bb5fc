/**
 * Likes that come faster than requests are answered go together: while a request for a video is
 * under way, what is published on it waits, and goes in one request when that is answered, or has
 * taken so long that its dispatcher may be dead. A like that comes alone waits for nothing.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { EventInput } from "../../shared/protocol/events.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { NO_TRACES, type TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Accepted } from "./publisher.ts";

/** Events in one request: as many as a backend may send. */
export const BATCH_EVENTS = 1_000;
/** The longest that an event waits for the answer to those before it. */
export const WAIT_MS = 10;
/** Events that wait, over all videos; more are refused. */
export const WAITING_LIMIT = 100_000;

/** Sends a list, the first of which came at `since`; gives those that were accepted, in order, and the error if not all were. */
type Send = (
  video: string,
  inputs: readonly EventInput[],
  traces: readonly TraceContext[],
  since: number,
) => Promise<{ accepted: Accepted[]; error?: unknown }>;

interface Waiting {
  readonly input: EventInput;
  readonly trace: TraceContext | undefined;
  readonly resolve: (accepted: Accepted) => void;
  readonly reject: (error: unknown) => void;
}

/** Events of one kind and video. */
interface Line {
  readonly video: string;
  readonly waiting: Waiting[];
  /** When the first of them came. */
  since: number;
  /** Requests that were sent so far: only the newest one's answer is waited for. */
  sent: number;
  timer: NodeJS.Timeout | undefined;
}

function tracesIn(batch: readonly Waiting[]): readonly TraceContext[] {
  if (batch.every(({ trace }) => trace === undefined)) return NO_TRACES;
  return batch.map(({ trace }) => trace).filter((trace) => trace !== undefined);
}

export class PublishBatches {
  readonly #send: Send;
  readonly #now: MonotonicClock;
  /**
   * By kind and video, while something is waited for. Kinds apart, so that what a dispatcher
   * refuses for its kind takes nothing else with it.
   */
  readonly #lines = new Map<string, Line>();
  #waiting = 0;

  constructor(send: Send, now: MonotonicClock) {
    this.#send = send;
    this.#now = now;
  }

  /** Events that wait for an earlier request to be answered. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Publishes one event, with others of its kind and video if there are some.
   * @param trace that it belongs to
   * @throws OvationError what it was refused for, or `unavailable` when too many wait
   */
  async publish(video: string, input: EventInput, trace?: TraceContext): Promise<Accepted> {
    return await new Promise((resolve, reject) => {
      const event = { input, trace, resolve, reject };
      const key = `${input.kind} ${video}`;
      const line = this.#lines.get(key);
      if (line === undefined) {
        const since = this.#now();
        const begun: Line = { video, waiting: [], since, sent: 0, timer: undefined };
        this.#lines.set(key, begun);
        this.#request(key, begun, [event]);
      } else if (this.#waiting >= WAITING_LIMIT) {
        reject(new OvationError("unavailable", `${WAITING_LIMIT} events wait already`));
      } else {
        if (line.waiting.length === 0) line.since = this.#now();
        this.#waiting += 1;
        line.waiting.push(event);
      }
    });
  }

  #request(key: string, line: Line, batch: readonly Waiting[]): void {
    line.sent += 1;
    const number = line.sent;
    clearTimeout(line.timer);
    line.timer = setTimeout(() => this.#next(key, line), WAIT_MS);
    void this.#settle(line, batch).then(() => {
      if (line.sent === number) this.#next(key, line);
    });
  }

  /** The wait is over: sends what has come meanwhile. */
  #next(key: string, line: Line): void {
    clearTimeout(line.timer);
    const batch = line.waiting.splice(0, BATCH_EVENTS);
    this.#waiting -= batch.length;
    if (batch.length > 0) this.#request(key, line, batch);
    else if (this.#lines.get(key) === line) this.#lines.delete(key);
  }

  async #settle({ video, since }: Line, batch: readonly Waiting[]): Promise<void> {
    const inputs = batch.map(({ input }) => input);
    // A send that throws, which it is not to do, must not leave anybody without an answer.
    const sending = this.#send(video, inputs, tracesIn(batch), since);
    const sent = sending.catch((error: unknown) => ({ accepted: [], error }));
    const { accepted, error } = await sent;
    for (const [index, { resolve, reject }] of batch.entries()) {
      const one = accepted[index];
      if (one === undefined) reject(error ?? new OvationError("internal"));
      else resolve(one);
    }
  }
}
