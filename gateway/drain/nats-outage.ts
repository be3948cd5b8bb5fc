/**
 * What a gateway that is cut off from NATS owes its viewers: it takes nobody new at once, says after
 * a while that nothing new comes, and in the end sends them to another gateway. A short outage, such
 * as a restart of NATS, is none of that: who is connected stays. When NATS is back, who is still here
 * stays too, and is told.
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

/** Viewers are sent away over this time: should NATS be back meanwhile, the rest may stay. */
const LEAVING_MS = 10_000;
const STEP_MS = 250;
/** One that is sent away, or refused, comes back, here or elsewhere, at a random moment within it. */
const RETURN_SPREAD_MS = 2_000;
/** Viewers that are told something in one turn of the event loop. */
const TOLD_PER_TURN = 250;

/** A viewer, over whichever wire. */
interface OutageViewer {
  /** Tells it something that it may miss, if there is no room for it. */
  tell(message: StaleMessage | LiveMessage): void;
  /** Tells it to come back after a while, and lets it go. */
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
  /** Times that viewers were told that nothing new comes, and viewers that were sent away. */
  readonly stats = { notices: 0, dismissed: 0 };
  readonly #options: NatsOutageOptions;
  #since = 0;
  #timers: NodeJS.Timeout[] = [];
  #isTold = false;
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
   * Somebody new wants to watch, who had better do so at another gateway.
   * @throws OvationError unavailable
   */
  admit(): void {
    if (!this.#isCutOff) return;
    const retryAfterMs = this.#returnAfterMs();
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
      setTimeout(() => this.#notify(), config.cutOffNoticeMs),
      setTimeout(() => this.#sendAway(), config.cutOffByeMs),
    ];
  }

  #ended(): void {
    this.#clearTimers();
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#options.log.info("NATS is back: viewers are told");
    void this.#tellAll({ op: "live" });
  }

  #notify(): void {
    this.#isTold = true;
    this.stats.notices += 1;
    this.#options.log.warn({ forMs: this.forMs }, "cut off from NATS: viewers are told");
    void this.#tellAll({ op: "stale", forMs: Math.round(this.forMs) });
  }

  async #tellAll(message: StaleMessage | LiveMessage): Promise<void> {
    const wasTold = this.#isTold;
    for (const [index, viewer] of this.#options.viewers().entries()) {
      if (index % TOLD_PER_TURN === 0) await nextTurn();
      // It may have come to an end meanwhile: what is told then counts.
      if (this.#isTold !== wasTold) return;
      viewer.tell(message);
    }
  }

  #sendAway(): void {
    const leaving = [...this.#options.viewers()];
    const { log } = this.#options;
    log.warn({ forMs: this.forMs, viewers: leaving.length }, "cut off from NATS: viewers leave");
    const perStep = Math.ceil((leaving.length * STEP_MS) / LEAVING_MS);
    const step = () => {
      for (const viewer of leaving.splice(0, perStep)) {
        viewer.dismiss(this.#returnAfterMs(), closeCodes.cutOff);
        this.stats.dismissed += 1;
      }
      if (leaving.length > 0) this.#timers = [setTimeout(step, STEP_MS)];
    };
    step();
  }

  #returnAfterMs(): number {
    return Math.round(this.#options.random() * RETURN_SPREAD_MS);
  }

  #clearTimers(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }
}
