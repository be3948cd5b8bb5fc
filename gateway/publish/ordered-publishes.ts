/**
 * One connection's events keep their order: of those that it publishes on one video, one request is
 * under way, and what comes meanwhile waits and goes in the next, together. Likes need no order, and
 * are not here.
 */
import { asOvationError, OvationError } from "../../shared/protocol/errors.ts";
import { type EventInput, MAX_BATCH } from "../../shared/protocol/events.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { NO_TRACES, type TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Accepted } from "./publisher.ts";

/** What all connections share. */
export interface OrderedOptions {
  /** Sends one event. */
  readonly send: (video: string, input: EventInput, trace?: TraceContext) => Promise<Accepted>;
  /** Sends a list in its order; gives those that were accepted, and the error if not all were. */
  readonly sendAll: (
    video: string,
    inputs: readonly EventInput[],
    traces: readonly TraceContext[],
    since: number,
  ) => Promise<{ accepted: Accepted[]; error?: unknown }>;
  /**
   * Counts events that wait.
   * @throws OvationError `unavailable` when too many do
   */
  readonly wait: (events: number) => void;
  readonly now: MonotonicClock;
}

interface Waiting {
  readonly input: EventInput;
  readonly trace: TraceContext | undefined;
  readonly since: number;
  readonly resolve: (accepted: Accepted) => void;
  readonly reject: (error: unknown) => void;
}

export class OrderedPublishes {
  readonly #options: OrderedOptions;
  /** What waits, for each line of which a request is under way. */
  readonly #lines = new Map<string, Waiting[]>();

  constructor(options: OrderedOptions) {
    this.#options = options;
  }

  /**
   * Publishes one event after those that came before it.
   * @param isDurable durable events wait for durable ones only, those of class latest for theirs
   * @throws OvationError what it was refused for; `predecessor_failed` when it was not sent, since
   * one before it failed that may be repeated
   */
  async publish(
    video: string,
    input: EventInput,
    isDurable: boolean,
    trace?: TraceContext,
  ): Promise<Accepted> {
    const key = isDurable ? video : `latest ${video}`;
    const line = this.#lines.get(key);
    if (line !== undefined) return await this.#wait(line, input, trace);
    const begun: Waiting[] = [];
    this.#lines.set(key, begun);
    let fault: unknown;
    try {
      return await this.#options.send(video, input, trace);
    } catch (error) {
      fault = error;
      throw error;
    } finally {
      void this.#goOn(key, video, begun, fault);
    }
  }

  async #wait(line: Waiting[], input: EventInput, trace?: TraceContext): Promise<Accepted> {
    const { wait, now } = this.#options;
    wait(1);
    return await new Promise((resolve, reject) => {
      line.push({ input, trace, since: now(), resolve, reject });
    });
  }

  /** Sends what waits, until nothing does. It never rejects. */
  async #goOn(key: string, video: string, line: Waiting[], fault: unknown): Promise<void> {
    let failed = fault;
    for (;;) {
      if (failed !== undefined && mayBeRepeated(failed)) this.#refuse(line.splice(0));
      const batch = line.splice(0, MAX_BATCH);
      if (batch.length === 0) break;
      this.#options.wait(-batch.length);
      failed = await this.#send(video, batch);
    }
    this.#lines.delete(key);
  }

  /** Whoever publishes sends the failed one again: what came behind it must not be before it. */
  #refuse(waiting: readonly Waiting[]): void {
    if (waiting.length > 0) this.#options.wait(-waiting.length);
    for (const { reject } of waiting) reject(new OvationError("predecessor_failed"));
  }

  /** @returns the error of what was not accepted, if it may be repeated */
  async #send(video: string, batch: readonly Waiting[]): Promise<unknown> {
    const inputs = batch.map(({ input }) => input);
    const [first] = batch;
    const sending = this.#options.sendAll(video, inputs, tracesIn(batch), first?.since ?? 0);
    // A send that throws, which it is not to do, must not leave anybody without an answer.
    const sent = sending.catch((error: unknown) => ({ accepted: [], error }));
    const { accepted, error } = await sent;
    for (const [index, one] of accepted.entries()) batch[index]?.resolve(one);
    const rest = batch.slice(accepted.length);
    if (rest.length === 0) return undefined;
    const fault = error ?? new OvationError("internal");
    // A list is refused whole for one of its events: only that one's publisher is to blame.
    if (rest.length > 1 && !mayBeRepeated(fault)) return await this.#sendEach(video, rest);
    for (const { reject } of rest) reject(fault);
    return fault;
  }

  async #sendEach(video: string, batch: readonly Waiting[]): Promise<unknown> {
    for (const [index, { input, trace, resolve, reject }] of batch.entries()) {
      try {
        resolve(await this.#options.send(video, input, trace));
      } catch (fault) {
        reject(fault);
        if (!mayBeRepeated(fault)) continue;
        for (const later of batch.slice(index + 1)) {
          later.reject(new OvationError("predecessor_failed"));
        }
        return fault;
      }
    }
    return undefined;
  }
}

function mayBeRepeated(fault: unknown): boolean {
  return asOvationError(fault).kind.retry !== "no";
}

function tracesIn(batch: readonly Waiting[]): readonly TraceContext[] {
  if (batch.every(({ trace }) => trace === undefined)) return NO_TRACES;
  return batch.map(({ trace }) => trace).filter((trace) => trace !== undefined);
}
