/**
 * The connection to NATS, in Ovation's terms. Only the files of this folder use the NATS client.
 *
 * The client silently drops what is published while it is disconnected, gives up after ten
 * attempts, and notices a half-open link after minutes. So here publishing is gated on the state of
 * the connection, the client never gives up, and a dead link is detected within three pings.
 */
import { createInbox, errors, type NatsConnection } from "nats";
import { OvationError } from "../protocol/errors.ts";
import { monotonicNow } from "../runtime/lifecycle.ts";
import type { Log } from "../runtime/log.ts";
import { NO_TRACES } from "../runtime/tracing/trace-context.ts";
import { type BusOptions, firstConnect, inboxPrefixOf } from "./first-connect.ts";
import { InFlight } from "./in-flight.ts";
import { LameDuck } from "./lame-duck.ts";
import { Requests } from "./requests.ts";
import { dropStalledLink } from "./stalled-link.ts";
import { type BusSubscription, type MessageHandler, Subscriptions } from "./subscriptions.ts";
import { traceHeaders } from "./trace-headers.ts";
import { UNCONFIRMED_LIMIT_BYTES, UnconfirmedBytes } from "./unconfirmed.ts";
import { Violations } from "./violations.ts";

export type { BusSubscription, MessageHandler } from "./subscriptions.ts";

/** How often a denied subscription is retried. */
const DENIED_RETRY_MS = 2_000;

export interface BusStats {
  /** Messages not sent because the connection was down or its buffer full. */
  publishesRefused: number;
  reconnects: number;
  disconnects: number;
  /** Errors that the client reported, other than missing permissions. */
  errors: number;
  /** Messages whose handler threw. */
  handlerFaults: number;
}

/** Messages and payload bytes, received and sent. */
export interface BusTraffic {
  readonly inMsgs: number;
  readonly outMsgs: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

export type BusState = "connected" | "disconnected" | "closed";
type StateListener = (state: BusState) => void;

export class Bus {
  readonly stats: BusStats = {
    publishesRefused: 0,
    reconnects: 0,
    disconnects: 0,
    errors: 0,
    handlerFaults: 0,
  };
  /** The client itself, for the files of this folder only. */
  readonly connection: NatsConnection;
  /** Operations that NATS did not permit. */
  readonly violations: Violations;
  /** Leaves a server that is about to stop. */
  readonly lameDuck: LameDuck;
  /** Requests with one answer, for the files of this folder only. */
  readonly requests: Requests;
  readonly #subscriptions: Subscriptions;
  readonly #inboxPrefix: string;
  readonly #serverCount: number;
  readonly #log: Log;
  readonly #listeners = new Set<StateListener>();
  readonly #inFlight = new InFlight();
  readonly #unconfirmed: UnconfirmedBytes;
  #state: BusState = "connected";
  #connectionCount = 0;
  /** How often NATS did not permit a subscription. */
  #denials = 0;
  #deniedTimer: NodeJS.Timeout | undefined;

  private constructor(connection: NatsConnection, options: BusOptions) {
    const { log } = options;
    this.connection = connection;
    this.#unconfirmed = new UnconfirmedBytes(() => connection.flush());
    this.#inboxPrefix = inboxPrefixOf(options);
    this.requests = new Requests({ connection, inbox: createInbox(this.#inboxPrefix) });
    this.#serverCount = options.servers.length;
    this.#log = log;
    this.violations = new Violations(log, monotonicNow);
    this.lameDuck = new LameDuck({
      log,
      connection: () => this.#connectionCount,
      idle: () => this.#inFlight.idle(),
      move: async () => {
        // Messages sent so far arrive; new ones are refused until we are connected elsewhere.
        await connection.flush();
        await connection.reconnect();
      },
      random: Math.random,
    });
    this.#subscriptions = new Subscriptions({
      connection,
      log,
      onDenied: () => this.#denied(),
      onFault: () => {
        this.stats.handlerFaults += 1;
      },
    });
  }

  /**
   * Connects, waiting as long as it takes until a server is reachable.
   * @throws Error when the login is refused, or a file of it can't be read
   */
  static async connect(options: BusOptions): Promise<Bus> {
    const bus = new Bus(await firstConnect(options), options);
    bus.#subscriptions.addRaw(bus.requests.answers, (answer) => bus.requests.received(answer));
    void bus.#followStatus();
    void bus.#followEnd();
    return bus;
  }

  get state(): BusState {
    return this.#state;
  }

  /** Changes whenever the connection is lost or back. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  /** Version of the server that we are connected to. */
  get serverVersion(): string {
    return this.connection.info?.version ?? "unknown";
  }

  /** The largest payload that the server accepts, in bytes. */
  get maxPayloadBytes(): number {
    return this.connection.info?.max_payload ?? 1_048_576;
  }

  /** The unconfirmed bytes as a share of the limit beyond which we refuse more. */
  get backlog(): number {
    return this.#unconfirmed.total / UNCONFIRMED_LIMIT_BYTES;
  }

  /** Bytes in the client's buffer or on the way, not yet confirmed by the server. */
  get unconfirmedBytes(): number {
    return this.#unconfirmed.total;
  }

  /** Requests that wait for an answer. */
  get requestsInFlight(): number {
    return this.#inFlight.size;
  }

  /** The connection's traffic so far, reconnects included. */
  get traffic(): BusTraffic {
    return this.connection.stats();
  }

  /** A unique subject for replies. */
  newInbox(): string {
    return createInbox(this.#inboxPrefix);
  }

  /** Calls `listener` on each change of state; returns a function that stops listening. */
  onState(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends a message; returns false at once if it can't: then nothing was sent. */
  publish(subject: string, payload: Uint8Array): boolean {
    if (this.#state !== "connected" || this.#unconfirmed.isFull) {
      this.stats.publishesRefused += 1;
      return false;
    }
    this.connection.publish(subject, payload);
    this.#unconfirmed.add(payload.length);
    return true;
  }

  /**
   * Sends a request and waits for a single answer.
   * @param traces the traces that it belongs to
   * @throws OvationError `unavailable` when there is no subscriber, `timeout` when no answer arrived
   */
  async request(
    subject: string,
    payload: Uint8Array,
    timeoutMs: number,
    traces = NO_TRACES,
  ): Promise<Uint8Array> {
    if (this.#unconfirmed.isFull) {
      this.stats.publishesRefused += 1;
      throw new OvationError("unavailable");
    }
    this.#unconfirmed.add(payload.length);
    const headers = traces.length === 0 ? undefined : traceHeaders(traces);
    const answer = await this.whileConnected(() =>
      this.requests.send(subject, payload, timeoutMs, headers).catch((cause: unknown) => {
        const code = cause instanceof errors.NoRespondersError ? "unavailable" : "timeout";
        throw new OvationError(code, undefined, { cause });
      }),
    );
    return answer.data;
  }

  /**
   * Runs work that needs an answer from NATS, and fails at once when the connection is lost, because
   * the answer can't arrive any more.
   * @throws OvationError `unavailable` when not connected, `timeout` when the connection was lost
   */
  async whileConnected<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state !== "connected") {
      this.stats.publishesRefused += 1;
      throw new OvationError("unavailable");
    }
    return await this.#inFlight.run(work);
  }

  /** Calls `handler` for each message; with `queue`, messages are shared among its members. */
  subscribe(subject: string, handler: MessageHandler, queue?: string): BusSubscription {
    const subscription = this.#subscriptions.add(subject, handler, queue);
    return {
      unsubscribe: () => subscription.unsubscribe(),
      drain: async () => {
        if (this.#state === "connected") await subscription.drain();
        // Nothing is in flight; without this, the subscription would return with the connection.
        else subscription.unsubscribe();
      },
    };
  }

  /**
   * Calls `listener` with each change of a bucket that is followed, as its stream publishes it.
   * @param prefix of {@link changesPrefix}
   */
  watchChanges(
    prefix: string,
    listener: (key: string, revision: number) => void,
  ): { unsubscribe(): void } {
    return this.#subscriptions.addRaw(`${prefix}>`, ({ subject, headers }) => {
      listener(subject.slice(prefix.length), Number(headers?.get("Nats-Sequence") ?? 0));
    });
  }

  /**
   * Calls `listener` when somebody creates or deletes a stream, by JetStream's advisories.
   * @returns a function that stops listening
   */
  onStream(
    events: readonly ("CREATED" | "DELETED")[],
    stream: string,
    listener: () => void,
  ): () => void {
    const subscriptions = events.map((event) =>
      this.subscribe(`$JS.EVENT.ADVISORY.STREAM.${event}.${stream}`, listener),
    );
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }

  /** Resolves when the server has processed everything that was sent before. */
  async flush(): Promise<void> {
    if (this.#state === "connected") await this.connection.flush();
  }

  /** Whether the server answers now. */
  async isReachable(): Promise<boolean> {
    if (this.#state !== "connected") return false;
    return await this.connection.flush().then(
      () => this.#state === "connected",
      () => false,
    );
  }

  /**
   * Connects to another server of the cluster.
   * @returns false when there is none
   */
  moveOn(): boolean {
    if (this.#state !== "connected" || !this.#hasOthers(1)) return false;
    // The status iterator reports its errors as well.
    this.connection.reconnect().catch(() => undefined);
    return true;
  }

  /**
   * Whether there is another server to move to.
   * @param own how often the server lists itself, 0 or 1; it lists none where servers don't
   * advertise each other
   */
  #hasOthers(own: number): boolean {
    const listed = this.connection.info?.connect_urls?.length ?? 0;
    return this.#serverCount > 1 || listed > own;
  }

  /** Flushes, then closes the connection. */
  async stop(): Promise<void> {
    this.lameDuck.stop();
    clearTimeout(this.#deniedTimer);
    if (this.connection.isClosed()) return;
    try {
      if (this.#state === "connected") await this.connection.flush();
    } catch {
      // The link broke meanwhile: nothing can be sent on it any more.
    }
    await this.connection.close();
  }

  #enter(state: BusState): void {
    if (this.#state === state || this.#state === "closed") return;
    this.#state = state;
    this.#unconfirmed.reset();
    this.#connectionCount += 1;
    if (state !== "connected") {
      this.#inFlight.fail();
      this.requests.lost();
    }
    for (const listener of [...this.#listeners]) listener(state);
  }

  /** Connected again once the server has our subscriptions: before that, we would miss messages. */
  async #returned(server: string): Promise<void> {
    const during = this.#connectionCount;
    const denials = this.#denials;
    this.#subscriptions.resume();
    try {
      await this.connection.flush();
    } catch {
      return; // Lost again; the next reconnect calls this again.
    }
    if (during !== this.#connectionCount || denials !== this.#denials) return;
    this.stats.reconnects += 1;
    this.#log.info({ server }, "NATS connection is back");
    this.#enter("connected");
  }

  /**
   * NATS revoked a permission of a running process: without the subscription it might as well be
   * disconnected. So it refuses work, health reports it, and it retries until the permission is back.
   */
  #denied(): void {
    this.#denials += 1;
    this.#subscriptions.suspend();
    this.#enter("disconnected");
    clearTimeout(this.#deniedTimer);
    this.#deniedTimer = setTimeout(() => {
      // A reconnect retries as well.
      if (!this.connection.isClosed()) void this.#returned(this.connection.getServer());
    }, DENIED_RETRY_MS);
    this.#deniedTimer.unref();
  }

  async #followEnd(): Promise<void> {
    const error = await this.connection.closed();
    if (error instanceof Error) this.#log.error({ error: error.message }, "NATS connection closed");
    this.#enter("closed");
  }

  async #followStatus(): Promise<void> {
    for await (const status of this.connection.status()) {
      switch (status.type) {
        case "disconnect":
          this.#log.warn({ server: status.server }, "NATS connection lost");
          this.stats.disconnects += 1;
          this.#enter("disconnected");
          break;
        case "staleConnection":
          dropStalledLink(this.connection);
          break;
        case "reconnect":
          void this.#returned(status.server);
          break;
        case "error":
          if (status.error instanceof errors.PermissionViolationError) {
            this.violations.record(status.error);
            if (status.error.operation === "subscription") this.#denied();
            else this.requests.denied(status.error);
          } else {
            this.stats.errors += 1;
            this.#log.error({ error: status.error.message }, "NATS reported an error");
          }
          break;
        case "ldm": {
          // A server in lame-duck mode no longer lists itself.
          this.lameDuck.entered(status.server, this.#hasOthers(0));
          break;
        }
        default:
          break;
      }
    }
  }
}
