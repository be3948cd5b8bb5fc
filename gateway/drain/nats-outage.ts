/**
 * What a gateway does while it is cut off from NATS: it refuses new viewers at once, notifies the
 * connected ones after a while that nothing new arrives, and in the end sends them to another
 * gateway. A short outage, such as a restart of NATS, changes nothing for connected viewers. When
 * NATS returns, the viewers that remain are notified.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Bus } from "../../shared/bus/connection.ts";
import type { GatewayConfig } from "../../shared/config/settings.ts";
import type { CloseCode } from "../../shared/protocol/close-codes.ts";
import { closeCodes } from "../../shared/protocol/close-codes.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { LiveMessage, StaleMessage } from "../../shared/protocol/wire/messages.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";

/** Viewers are dismissed over this time: if NATS returns meanwhile, the rest may stay. */
const DISMISSAL_MS = 10_000;
const STEP_MS = 250;
/** A dismissed or refused viewer reconnects, here or elsewhere, at a random moment within this. */
const RECONNECT_SPREAD_MS = 2_000;
/** Viewers notified in one turn of the event loop. */
const NOTIFIED_PER_TURN = 250;

/** A viewer, over any wire. */
interface OutageViewer {
  /** Sends a message that the viewer may miss if its buffer has no room for it. */
  notify(message: StaleMessage | LiveMessage): void;
  /** Tells the viewer when to reconnect, and disconnects it. */
  dismiss(reconnectAfterMs: number, close: CloseCode): void;
}

interface NatsOutageOptions {
  readonly bus: Pick<Bus, "state" | "onState">;
  readonly config: Pick<GatewayConfig, "cutOffNoticeMs" | "cutOffByeMs">;
  readonly viewers: () => readonly OutageViewer[];
  readonly now: MonotonicClock;
  readonly random: () => number;
  readonly log: Log;
}

export class NatsOutage {
  /** Times viewers were notified that nothing new arrives, and viewers dismissed. */
  readonly stats = { notices: 0, dismissed: 0 };
  readonly #options: NatsOutageOptions;
  #since = 0;
  #timers: NodeJS.Timeout[] = [];
  #isStale = false;
  #unlisten: (() => void) | undefined;

  constructor(options: NatsOutageOptions) {
    this.#options = options;
  }

  /** How long the gateway has been cut off, in milliseconds; 0 while it isn't. */
  get forMs(): number {
    return this.#isCutOff ? this.#options.now() - this.#since : 0;
  }

  start(): void {
    this.#unlisten = this.#options.bus.onState((state) => {
      if (state === "connected") this.#ended();
      else if (state === "disconnected") this.#began();
    });
  }

  stop(): void {
    this.#unlisten?.();
    this.#clearTimers();
  }

  /**
   * Refuses a new viewer during an outage; it can watch at another gateway.
   * @throws OvationError unavailable
   */
  admit(): void {
    if (!this.#isCutOff) return;
    const retryAfterMs = this.#reconnectAfterMs();
    throw new OvationError("unavailable", "the gateway is cut off from NATS", { retryAfterMs });
  }

  get #isCutOff(): boolean {
    return this.#options.bus.state !== "connected";
  }

  #began(): void {
    const { now, config } = this.#options;
    this.#since = now();
    this.#clearTimers();
    this.#timers = [
      setTimeout(() => this.#noticeStale(), config.cutOffNoticeMs),
      setTimeout(() => this.#dismissAll(), config.cutOffByeMs),
    ];
  }

  #ended(): void {
    this.#clearTimers();
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#options.log.info("NATS is back: viewers are notified");
    void this.#notifyAll({ op: "live" });
  }

  #noticeStale(): void {
    this.#isStale = true;
    this.stats.notices += 1;
    this.#options.log.warn({ forMs: this.forMs }, "cut off from NATS: viewers are notified");
    void this.#notifyAll({ op: "stale", forMs: Math.round(this.forMs) });
  }

  async #notifyAll(message: StaleMessage | LiveMessage): Promise<void> {
    const wasStale = this.#isStale;
    for (const [index, viewer] of this.#options.viewers().entries()) {
      if (index % NOTIFIED_PER_TURN === 0) await nextTurn();
      // If the state has changed meanwhile, another message replaces this one.
      if (this.#isStale !== wasStale) return;
      viewer.notify(message);
    }
  }

  #dismissAll(): void {
    const leaving = [...this.#options.viewers()];
    const { log } = this.#options;
    log.warn(
      { forMs: this.forMs, viewers: leaving.length },
      "cut off from NATS: viewers are dismissed",
    );
    const perStep = Math.ceil((leaving.length * STEP_MS) / DISMISSAL_MS);
    const step = () => {
      for (const viewer of leaving.splice(0, perStep)) {
        viewer.dismiss(this.#reconnectAfterMs(), closeCodes.cutOff);
        this.stats.dismissed += 1;
      }
      if (leaving.length > 0) this.#timers = [setTimeout(step, STEP_MS)];
    };
    step();
  }

  #reconnectAfterMs(): number {
    return Math.round(this.#options.random() * RECONNECT_SPREAD_MS);
  }

  #clearTimers(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }
}
