/**
 * The subscriptions of a bus. The client silently and permanently drops a subscription that NATS no
 * longer permits; so all of them are kept here, and renewed when NATS permits them again.
 */
import { errors, type Msg, type NatsConnection, type Subscription } from "nats";
import type { Log } from "../runtime/log.ts";
import { NO_TRACES, type TraceContext } from "../runtime/tracing/trace-context.ts";
import { tracesOf } from "./trace-headers.ts";

/**
 * `payload` stays valid after the handler returns: it is never written to again.
 * `isRelayed` is true when NATS itself sent the message: its replies and a stream's messages go to
 * any subject that a requester names, even one to which that requester may not publish.
 * `traces` are the traces that the message names.
 */
export type MessageHandler = (
  payload: Uint8Array,
  subject: string,
  reply: string,
  isRelayed: boolean,
  traces: readonly TraceContext[],
) => void;

export interface BusSubscription {
  /** Ends at once; messages in flight are dropped. */
  unsubscribe(): void;
  /** Accepts no more messages, and resolves when all delivered ones are handled. */
  drain(): Promise<void>;
}

interface SubscriptionsOptions {
  readonly connection: NatsConnection;
  readonly log: Log;
  /** NATS does not permit one of the subscriptions. */
  readonly onDenied: () => void;
  /** A handler threw. */
  readonly onFault: () => void;
}

/** One subscription, and its current one at NATS, if any. */
interface Entry {
  readonly subscribe: () => Subscription;
  live: Subscription | undefined;
}

/** NATS marks messages from a stream by headers, or by a reply subject of its own. */
function isRelayedMessage(message: Msg): boolean {
  return message.headers !== undefined || (message.reply?.startsWith("$JS.") ?? false);
}

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #entries = new Set<Entry>();
  #isSuspended = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** @param queue messages are shared among the members of this queue group */
  add(subject: string, handler: MessageHandler, queue: string | undefined): BusSubscription {
    return this.addRaw(subject, (message) => this.#handle(handler, message), queue);
  }

  /** As {@link add}, for a handler that never throws and knows the client's messages. */
  addRaw(subject: string, handler: (message: Msg) => void, queue?: string): BusSubscription {
    const { connection } = this.#options;
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) handler(message);
      else this.#failed(subject, error);
    };
    const options = queue === undefined ? { callback } : { callback, queue };
    const entry: Entry = {
      subscribe: () => connection.subscribe(subject, options),
      live: undefined,
    };
    if (!this.#isSuspended) entry.live = entry.subscribe();
    this.#entries.add(entry);
    return {
      unsubscribe: () => {
        this.#entries.delete(entry);
        end(entry);
      },
      drain: async () => {
        this.#entries.delete(entry);
        const { live } = entry;
        if (live !== undefined && !live.isClosed()) await live.drain();
      },
    };
  }

  /** Unsubscribes everything: a node that may not do all of its work should get none of it. */
  suspend(): void {
    this.#isSuspended = true;
    for (const entry of this.#entries) end(entry);
  }

  /** Renews every subscription that isn't live. */
  resume(): void {
    this.#isSuspended = false;
    for (const entry of this.#entries) {
      if (entry.live === undefined || entry.live.isClosed()) entry.live = entry.subscribe();
    }
  }

  #handle(handler: MessageHandler, message: Msg): void {
    try {
      const isRelayed = isRelayedMessage(message);
      const traces = message.headers === undefined ? NO_TRACES : tracesOf(message.headers);
      handler(message.data, message.subject, message.reply ?? "", isRelayed, traces);
    } catch (fault) {
      this.#options.onFault();
      this.#options.log.error({ subject: message.subject, err: fault }, "message handler threw");
    }
  }

  #failed(subject: string, error: Error): void {
    // Missing permissions are logged in violations.ts.
    if (error instanceof errors.PermissionViolationError) this.#options.onDenied();
    else this.#options.log.error({ subject, error: error.message }, "subscription failed");
  }
}

function end(entry: Entry): void {
  const { live } = entry;
  entry.live = undefined;
  if (live !== undefined && !live.isClosed()) live.unsubscribe();
}
