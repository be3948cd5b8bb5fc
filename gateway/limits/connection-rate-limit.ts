/** What one WebSocket may ask for and publish. */
import type { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { Spender, type SpendingRates } from "./actor-quota.ts";
import type { Actors } from "./actors.ts";
import type { BoundedMapStats } from "./bounded-map.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** What is to be done with a request. */
export type Verdict =
  | "take"
  /** Answered with an error, and nothing else. */
  | "refuse"
  /** The connection is closed. */
  | "close";

/** What all connections have in common. */
export interface ConnectionMeterOptions {
  readonly requests: Rate;
  readonly spending: SpendingRates;
  readonly actors: Pick<Actors, "spend">;
  readonly stats: BoundedMapStats;
  readonly now: MonotonicClock;
  readonly refuse: (rate: Rate, waitMs: number) => OvationError;
}

export class ConnectionMeter {
  readonly #options: ConnectionMeterOptions;
  readonly #requests: TokenBucket;
  /** Most viewers never publish. */
  #spender: Spender | undefined;

  constructor(options: ConnectionMeterOptions) {
    this.#options = options;
    this.#requests = new TokenBucket(options.requests, options.now());
  }

  /**
   * A message or a ping has come. Those that are refused count too: whoever sends on although a
   * whole burst of them was refused is closed.
   * @param weight how many requests it counts as
   */
  request(weight = 1): Verdict {
    const { requests, now } = this.#options;
    const at = now();
    this.#requests.charge(requests, weight, at);
    const left = this.#requests.tokens(requests, at);
    if (left >= 0) return "take";
    return left >= -requests.burst ? "refuse" : "close";
  }

  /** The error for a request that is refused, or closed for. */
  refusal(): OvationError {
    const { requests, now, refuse } = this.#options;
    const owed = -this.#requests.tokens(requests, now());
    return refuse(requests, Math.ceil(((owed + 1) / requests.perSecond) * 1_000));
  }

  /**
   * An event is to be published.
   * @param isLike whether it is transient
   * @throws OvationError rate_limited
   */
  publish(actor: string | undefined, video: string, isLike: boolean): void {
    const { actors, spending, stats, now, refuse } = this.#options;
    this.#spender ??= new Spender(spending, stats, now);
    const refusal =
      this.#spender.spend(video, isLike, now()) ??
      (actor === undefined ? undefined : actors.spend(actor, video, isLike));
    if (refusal !== undefined) throw refuse(refusal.rate, refusal.waitMs);
  }
}
