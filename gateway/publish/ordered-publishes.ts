/**
 * Keeps the order of one connection's events: for each video one request is under way at a time,
 * and events published meanwhile wait and are sent together in the next one. Likes need no order,
 * and don't come through here.
 */
import { encodeEvent } from "../../shared/protocol/bus-request.ts";
import { asOvationError, OvationError } from "../../shared/protocol/errors.ts";
import { MAX_BATCH, type RequestEvent } from "../../shared/protocol/events.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Accepted, DispatcherClient } from "./dispatcher-client.ts";
import { type PendingEvent, settle, tracesIn } from "./pending-event.ts";
import type { PendingLimit } from "./pending-limit.ts";

interface OrderedEvent extends PendingEvent {
  /** When it arrived, by the monotonic clock. */
  readonly since: number;
}

export class OrderedPublishes {
  readonly #client: Pick<DispatcherClient, "publish">;
  readonly #waiting: PendingLimit;
  readonly #now: MonotonicClock;
  /** Waiting events, for each queue that has a request under way. */
  readonly #queues = new Map<string, OrderedEvent[]>();
  /** The last of those that are done in turn, by video. */
  readonly #turns = new Map<string, Promise<Accepted>>();

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
   * Publishes one event after those published before it.
   * @param isDurable durable events wait only for durable ones, events of other classes for theirs
   * @throws OvationError why it was refused; `predecessor_failed` when it was not sent because one
   * before it failed and may be repeated
   */
  async publish(
    video: string,
    input: RequestEvent,
    isDurable: boolean,
    trace?: TraceContext,
  ): Promise<Accepted> {
    const key = isDurable ? video : `latest ${video}`;
    const { promise, resolve, reject } = Promise.withResolvers<Accepted>();
    const bytes = encodeEvent(input);
    const event = { input, bytes, trace, since: this.#now(), resolve, reject };
    const queue = this.#queues.get(key);
    if (queue === undefined) {
      const created: OrderedEvent[] = [];
      this.#queues.set(key, created);
      void this.#run(key, video, created, [event]);
      return await promise;
    }
    this.#waiting.add();
    queue.push(event);
    return await promise;
  }

  /**
   * Does it when what was done before for the video is done: for votes, which go out together with
   * those of other connections, but of one connection one after the other.
   */
  inTurn(video: string, work: () => Promise<Accepted>): Promise<Accepted> {
    const before = this.#turns.get(video);
    const turn = before === undefined ? work() : before.then(work, work);
    this.#turns.set(video, turn);
    const end = () => {
      if (this.#turns.get(video) === turn) this.#turns.delete(video);
    };
    turn.then(end, end);
    return turn;
  }

  /** Sends a batch, and then what waits, until nothing does. It never rejects. */
  async #run(
    key: string,
    video: string,
    queue: OrderedEvent[],
    first: readonly OrderedEvent[],
  ): Promise<void> {
    for (let batch = first; batch.length > 0; batch = this.#takeFrom(queue, MAX_BATCH)) {
      const isRepeatable = await this.#send(video, batch);
      // Its publisher repeats the failed one: later events must not be stored before it.
      if (isRepeatable) refuse(this.#takeFrom(queue, queue.length));
    }
    this.#queues.delete(key);
  }

  #takeFrom(queue: OrderedEvent[], most: number): OrderedEvent[] {
    const batch = queue.splice(0, most);
    this.#waiting.remove(batch.length);
    return batch;
  }

  /** @returns whether an event failed that may be repeated */
  async #send(video: string, batch: readonly OrderedEvent[]): Promise<boolean> {
    const since = batch[0]?.since ?? 0;
    const outcome = await this.#client.publish(video, batch, tracesIn(batch), since);
    const rest = batch.slice(outcome.accepted.length);
    const { error } = outcome;
    if (rest.length > 1 && error !== undefined && !mayBeRepeated(error)) {
      // One invalid event makes a dispatcher refuse the whole list: the others are sent singly.
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

function refuse(events: readonly PendingEvent[]): void {
  for (const { reject } of events) reject(new OvationError("predecessor_failed"));
}

function mayBeRepeated(fault: unknown): boolean {
  return asOvationError(fault).kind.retry !== "no";
}
