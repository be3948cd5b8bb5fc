/** Limits that an operator has changed for a time, in place of those of the settings. */
import {
  decodeLiveLimits,
  LIVE_LIMITS,
  type LiveLimit,
  type LiveLimitName,
} from "../../shared/protocol/live-limits.ts";
import type { Log } from "../../shared/runtime/log.ts";

/** A timer waits no longer: then it looks again. */
const TIMER_LIMIT_MS = 2_147_483_647;

interface LiveLimitsOptions {
  /** The limits of the settings. */
  readonly settings: Readonly<Record<LiveLimitName, number>>;
  readonly set: (name: LiveLimitName, perSecond: number) => void;
  readonly wallClock: () => number;
  readonly log: Log;
}

export class LiveLimits {
  readonly #options: LiveLimitsOptions;
  #document: readonly LiveLimit[] = [];
  readonly #current = new Map<LiveLimitName, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveLimitsOptions) {
    this.#options = options;
  }

  /** How many limits are not those of the settings. */
  get changed(): number {
    return this.#current.size;
  }

  /** The document was read, or there is none. */
  adopt(bytes: Uint8Array | undefined): void {
    this.#document = decodeLiveLimits(bytes);
    this.#apply();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #apply(): void {
    const { wallClock, settings, set, log } = this.#options;
    const now = wallClock();
    const valid = this.#document.filter(({ untilMs }) => untilMs > now);
    for (const name of LIVE_LIMITS) {
      const limit = valid.find((one) => one.name === name);
      if (limit?.perSecond === this.#current.get(name)) continue;
      set(name, limit?.perSecond ?? settings[name]);
      if (limit === undefined) {
        this.#current.delete(name);
        log.info(
          { limit: name, perSecond: settings[name] },
          "a limit is that of the settings again",
        );
      } else {
        this.#current.set(name, limit.perSecond);
        const { perSecond, by, untilMs } = limit;
        const until = new Date(untilMs).toISOString();
        log.info({ limit: name, perSecond, until, by }, "an operator has changed a limit");
      }
    }
    clearTimeout(this.#timer);
    if (valid.length === 0) return;
    const next = Math.min(...valid.map(({ untilMs }) => untilMs)) - now;
    this.#timer = setTimeout(() => this.#apply(), Math.min(next, TIMER_LIMIT_MS));
  }
}
