/**
 * One connection's events keep their order: of those that it publishes on one video, one request is
 * under way, and what comes meanwhile waits and goes in the next, together. Likes need no order, and
 * are not here.
 */
import { asOvationError, OvationError } from "../../shared/protocol/errors.ts";
import { type EventInput, MAX_BATCH } from "../../shared/protocol/events.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Accepted, DispatcherClient } from "./dispatcher-client.ts";
import { settle, tracesIn, type WaitingEvent } from "./waiting-event.ts";
import type { WaitingEvents } from "./waiting-events.ts";

interface OrderedEvent extends WaitingEvent {
  /** When it came, by the monotonic clock. */
  readonly since: number;
}

export class OrderedPublishes {
  readonly #client: Pick<DispatcherClient, "publish">;
  readonly #waiting: WaitingEvents;
  readonly #now: MonotonicClock;
  /** What waits, for each line of which a request is under way. */
  readonly #lines = new Map<string, OrderedEvent[]>();

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
   * Publishes one event after those that came before it.
   * @param isDurable durable events wait for durable ones only, those of class latest for theirs
   * @throws OvationError what it was refused for; `predecessor_failed` when it was not sent, since
   * one before it failed that may be repeated
   */
  publish(
    video: string,
    input: EventInput,
    isDurable: boolean,
    trace?: TraceContext,
  ): Promise<Accepted> {
    const key = isDurable ? video : `latest ${video}`;
    const { promise, resolve, reject } = Promise.withResolvers<Accepted>();
    const event = { input, trace, since: this.#now(), resolve, reject };
    const line = this.#lines.get(key);
    if (line === undefined) {
      const begun: OrderedEvent[] = [];
      this.#lines.set(key, begun);
      void this.#run(key, video, begun, [event]);
      return promise;
    }
    try {
      this.#waiting.add();
    } catch (error) {
      return Promise.reject(asOvationError(error));
    }
    line.push(event);
    return promise;
  }

  /** Sends a batch, and then what waits, until nothing does. It never rejects. */
  async #run(
    key: string,
    video: string,
    line: OrderedEvent[],
    first: readonly OrderedEvent[],
  ): Promise<void> {
    for (let batch = first; batch.length > 0; batch = this.#takeFrom(line, MAX_BATCH)) {
      const isRepeatable = await this.#send(video, batch);
      // Its publisher sends the failed one again: what came behind it must not be before it.
      if (isRepeatable) refuse(this.#takeFrom(line, line.length));
    }
    this.#lines.delete(key);
  }

  #takeFrom(line: OrderedEvent[], most: number): OrderedEvent[] {
    const batch = line.splice(0, most);
    this.#waiting.remove(batch.length);
    return batch;
  }

  /** @returns whether one was not accepted that may be repeated */
  async #send(video: string, batch: readonly OrderedEvent[]): Promise<boolean> {
    const inputs = batch.map(({ input }) => input);
    const since = batch[0]?.since ?? 0;
    const outcome = await this.#client.publish(video, inputs, tracesIn(batch), since);
    const rest = batch.slice(outcome.accepted.length);
    const { error } = outcome;
    if (rest.length > 1 && error !== undefined && !mayBeRepeated(error)) {
      // A list is refused whole for one of its events: only that one is to blame.
      settle(batch.slice(0, outcome.accepted.length), outcome);
      return await this.#sendEach(video, rest);
    }
    settle(batch, outcome);
    return rest.length > 0 && mayBeRepeated(error);
  }

  async #sendEach(video: string, batch: readonly OrderedEvent[]): Promise<boolean> {
    for (const [index, event] of batch.entries()) {
      if (await this.#send(video, [event])) {
        refuse(batch.slice(index + 1));
        return true;
      }
    }
    return false;
  }
}

function refuse(events: readonly WaitingEvent[]): void {
  for (const { reject } of events) reject(new OvationError("predecessor_failed"));
}

function mayBeRepeated(fault: unknown): boolean {
  return asOvationError(fault).kind.retry !== "no";
}
