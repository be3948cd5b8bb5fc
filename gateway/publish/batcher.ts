/**
 * Batches likes that arrive faster than requests are answered: while a request for a video is under
 * way, further likes on it wait. They are sent in one request when that is answered, or has taken
 * so long that its dispatcher may be dead. A single like does not wait. A batch that a dispatcher
 * refuses is taken apart: nobody's like fails for somebody else's.
 */
import { encodeEvent } from "../../shared/protocol/bus-request.ts";
import { asOvationError, type ErrorCode } from "../../shared/protocol/errors.ts";
import { MAX_BATCH, type RequestEvent } from "../../shared/protocol/events.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Accepted, DispatcherClient, ListOutcome } from "./dispatcher-client.ts";
import { type PendingEvent, settle, tracesIn } from "./pending-event.ts";
import type { PendingLimit } from "./pending-limit.ts";

/** The longest time that an event waits for the answer to those before it. */
export const WAIT_MS = 10;

/** Errors that concern the kind or the video, which all events of a batch share. */
const OF_ALL: ReadonlySet<ErrorCode> = new Set(["kind_unknown", "kind_reserved", "video_invalid"]);

/** Events of one kind and video. */
interface Queue {
  readonly video: string;
  readonly waiting: PendingEvent[];
  /** When the first of them arrived. */
  since: number;
  /** Requests sent so far: only the newest one's answer is awaited. */
  sent: number;
  timer: NodeJS.Timeout | undefined;
}

export class Batcher {
  readonly #client: Pick<DispatcherClient, "publish">;
  readonly #waiting: PendingLimit;
  readonly #now: MonotonicClock;
  /**
   * By kind and video, while an answer is awaited. By kind, so that a batch that a dispatcher
   * refuses for its kind contains no others.
   */
  readonly #queues = new Map<string, Queue>();

  constructor(
    client: Pick<DispatcherClient, "publish">,
    waiting: PendingLimit,
    now: MonotonicClock,
  ) {
    this.#client = client;
    this.#waiting = waiting;
    this.#now = now;
  }

  /**
   * Publishes one event, with others of its kind and video if there are some.
   * @param trace the trace that it belongs to
   * @throws OvationError why it was refused, or `unavailable` when too many wait
   */
  publish(video: string, input: RequestEvent, trace?: TraceContext): Promise<Accepted> {
    try {
      return this.#enqueue(video, input, trace);
    } catch (error) {
      return Promise.reject(asOvationError(error));
    }
  }

  #enqueue(video: string, input: RequestEvent, trace: TraceContext | undefined): Promise<Accepted> {
    const key = `${input.kind} ${video}`;
    const queue = this.#queues.get(key);
    const { promise, resolve, reject } = Promise.withResolvers<Accepted>();
    const event = { input, bytes: encodeEvent(input), trace, resolve, reject };
    if (queue === undefined) {
      const since = this.#now();
      const created: Queue = { video, waiting: [], since, sent: 0, timer: undefined };
      this.#queues.set(key, created);
      this.#send(key, created, [event]);
      return promise;
    }
    this.#waiting.add();
    if (queue.waiting.length === 0) queue.since = this.#now();
    queue.waiting.push(event);
    return promise;
  }

  #send(key: string, queue: Queue, batch: readonly PendingEvent[]): void {
    queue.sent += 1;
    const number = queue.sent;
    clearTimeout(queue.timer);
    queue.timer = setTimeout(() => this.#next(key, queue), WAIT_MS);
    const { video, since } = queue;
    const next = () => {
      if (queue.sent === number) this.#next(key, queue);
    };
    void this.#client.publish(video, batch, tracesIn(batch), since).then((outcome) => {
      const left = batch.length - outcome.accepted.length;
      if (left > 1 && mayBeOfOne(outcome.error)) {
        return this.#takeApart(video, batch, outcome, since).then(next);
      }
      settle(batch, outcome);
      return next();
    });
  }

  /** Sends the halves of what was refused, so that at last only the event at fault is. */
  async #takeApart(
    video: string,
    batch: readonly PendingEvent[],
    { accepted, error }: ListOutcome,
    since: number,
  ): Promise<void> {
    const rest = batch.slice(accepted.length);
    settle(batch.slice(0, accepted.length), { accepted });
    if (rest.length < 2 || !mayBeOfOne(error)) return settle(rest, { accepted: [], error });
    const middle = rest.length >> 1;
    for (const half of [rest.slice(0, middle), rest.slice(middle)]) {
      const outcome = await this.#client.publish(video, half, tracesIn(half), since);
      await this.#takeApart(video, half, outcome, since);
    }
  }

  /** The wait is over: sends what has arrived meanwhile. */
  #next(key: string, queue: Queue): void {
    clearTimeout(queue.timer);
    const batch = queue.waiting.splice(0, MAX_BATCH);
    this.#waiting.remove(batch.length);
    if (batch.length > 0) this.#send(key, queue, batch);
    else if (this.#queues.get(key) === queue) this.#queues.delete(key);
  }
}

/** Whether a single event may be the reason that all were refused. They have one kind and video. */
function mayBeOfOne(fault: unknown): boolean {
  if (fault === undefined) return false;
  const { kind, code } = asOvationError(fault);
  return kind.retry === "no" && !OF_ALL.has(code);
}
