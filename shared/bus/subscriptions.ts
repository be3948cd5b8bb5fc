/**
 * What a bus is subscribed to. The client lets go, for good and in silence, of a subscription that
 * NATS no longer permits; so all of them are kept here, to be made anew when it does again.
 */
import { errors, type Msg, type NatsConnection, type Subscription } from "nats";
import type { Log } from "../runtime/log.ts";
import { NO_TRACES, type TraceContext } from "../runtime/tracing/trace-context.ts";
import { tracesOf } from "./trace-headers.ts";

/**
 * `payload` is valid until the handler returns, or longer: it is never written to again.
 * `isRelayed` when NATS itself sent the message: it answers, and sends what a stream holds, to
 * whatever subject somebody asks it to, also where that somebody may not publish.
 * `traces` are those that the message says it belongs to.
 */
export type MessageHandler = (
  payload: Uint8Array,
  subject: string,
  reply: string,
  isRelayed: boolean,
  traces: readonly TraceContext[],
) => void;

export interface BusSubscription {
  /** Ends at once; what is on its way is dropped. */
  unsubscribe(): void;
  /** Takes no more, and resolves when all that had been delivered was handled. */
  drain(): Promise<void>;
}

interface SubscriptionsOptions {
  readonly connection: NatsConnection;
  readonly log: Log;
  /** NATS does not permit one of them. */
  readonly onDenied: () => void;
  /** A handler threw. */
  readonly onFault: () => void;
}

/** One subscription over the lives that it has at NATS. */
interface Entry {
  readonly subscribe: () => Subscription;
  live: Subscription | undefined;
}

/** NATS marks what it takes out of a stream by headers, or by a reply subject of its own. */
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
    const { connection } = this.#options;
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) this.#handle(handler, message);
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

  /** Lets go of all at NATS: who can't do all of its work had better be given none of it. */
  suspend(): void {
    this.#isSuspended = true;
    for (const entry of this.#entries) end(entry);
  }

  /** Subscribes anew to whatever isn't. */
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
    // What was not permitted is logged with all that isn't.
    if (error instanceof errors.PermissionViolationError) this.#options.onDenied();
    else this.#options.log.error({ subject, error: error.message }, "subscription failed");
  }
}

function end(entry: Entry): void {
  const { live } = entry;
  entry.live = undefined;
  if (live !== undefined && !live.isClosed()) live.unsubscribe();
}
