/**
 * Likes that come faster than requests are answered go together: while a request for a video is
 * under way, what is published on it waits, and goes in one request when that is answered, or has
 * taken so long that its dispatcher may be dead. A like that comes alone waits for nothing.
 */
import { asOvationError } from "../../shared/protocol/errors.ts";
import { type EventInput, MAX_BATCH } from "../../shared/protocol/events.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Accepted, DispatcherClient } from "./dispatcher-client.ts";
import { settle, tracesIn, type WaitingEvent } from "./waiting-event.ts";
import type { WaitingEvents } from "./waiting-events.ts";

/** The longest that an event waits for the answer to those before it. */
export const WAIT_MS = 10;

/** Events of one kind and video. */
interface Line {
  readonly video: string;
  readonly waiting: WaitingEvent[];
  /** When the first of them came. */
  since: number;
  /** Requests that were sent so far: only the newest one's answer is waited for. */
  sent: number;
  timer: NodeJS.Timeout | undefined;
}

export class Batcher {
  readonly #client: Pick<DispatcherClient, "publish">;
  readonly #waiting: WaitingEvents;
  readonly #now: MonotonicClock;
  /**
   * By kind and video, while something is waited for. Kinds apart, so that what a dispatcher
   * refuses for its kind takes nothing else with it.
   */
  readonly #lines = new Map<string, Line>();

  constructor(
    client: Pick<DispatcherClient, "publish">,
    waiting: WaitingEvents,
    now: MonotonicClock,
  ) {
    this.#client = client;
    this.#waiting = waiting;
    this.#now = now;
  }

  /**
   * Publishes one event, with others of its kind and video if there are some.
   * @param trace that it belongs to
   * @throws OvationError what it was refused for, or `unavailable` when too many wait
   */
  publish(video: string, input: EventInput, trace?: TraceContext): Promise<Accepted> {
    const key = `${input.kind} ${video}`;
    const line = this.#lines.get(key);
    const { promise, resolve, reject } = Promise.withResolvers<Accepted>();
    const event = { input, trace, resolve, reject };
    if (line === undefined) {
      const since = this.#now();
      const begun: Line = { video, waiting: [], since, sent: 0, timer: undefined };
      this.#lines.set(key, begun);
      this.#send(key, begun, [event]);
      return promise;
    }
    try {
      this.#waiting.add();
    } catch (error) {
      return Promise.reject(asOvationError(error));
    }
    if (line.waiting.length === 0) line.since = this.#now();
    line.waiting.push(event);
    return promise;
  }

  #send(key: string, line: Line, batch: readonly WaitingEvent[]): void {
    line.sent += 1;
    const number = line.sent;
    clearTimeout(line.timer);
    line.timer = setTimeout(() => this.#next(key, line), WAIT_MS);
    const inputs = batch.map(({ input }) => input);
    void this.#client.publish(line.video, inputs, tracesIn(batch), line.since).then((outcome) => {
      settle(batch, outcome);
      if (line.sent === number) this.#next(key, line);
    });
  }

  /** The wait is over: sends what has come meanwhile. */
  #next(key: string, line: Line): void {
    clearTimeout(line.timer);
    const batch = line.waiting.splice(0, MAX_BATCH);
    this.#waiting.remove(batch.length);
    if (batch.length > 0) this.#send(key, line, batch);
    else if (this.#lines.get(key) === line) this.#lines.delete(key);
  }
}
