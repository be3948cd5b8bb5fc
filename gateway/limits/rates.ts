/** How fast each client may send requests and publish: all rates of a gateway, and the refusals. */
import type { Bus } from "../../shared/bus/connection.ts";
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { LiveLimitName } from "../../shared/protocol/live-limits.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { BoundedMapStats } from "./bounded-map.ts";
import { ClientBuckets } from "./client-buckets.ts";
import type { ClientKey } from "./client-key.ts";
import { ConnectionRateLimit, type ConnectionRateLimitOptions } from "./connection-rate-limit.ts";
import { ClientQuota, type PublishQuota } from "./publish-quota.ts";
import { Publishers } from "./publishers.ts";
import { SlowMode } from "./slow-mode.ts";
import { SpendingReports } from "./spending-reports.ts";
import { type ChangeableRate, changeRate, type Rate, rateOf } from "./token-bucket.ts";
import { isWorkSetting, Work, type WorkConfig, type WorkSetting } from "./work.ts";

/** The limits that a client's requests and publishes meet, of those that an operator may change. */
export type RateSetting = Exclude<LiveLimitName, "connectionsPerSecond">;

type RatesConfig = Pick<
  GatewayConfig,
  | "requestsPerSecond"
  | "connectionPublishesPerSecond"
  | "actorPublishesPerSecond"
  | "addressPublishesPerSecond"
  | "likesPerSecond"
  | "httpPublishesPerSecond"
  | "deletesPerSecond"
  | "commandsPerSecond"
  | "historyReadsPerSecond"
  | "limitedClientsKept"
> &
  WorkConfig;

interface RatesOptions {
  readonly bus: Pick<Bus, "publish" | "subscribe">;
  readonly gateway: string;
  readonly config: RatesConfig;
  readonly now: MonotonicClock;
}

export const RATE_NAMES = [
  "requests",
  "client_messages",
  "connection_publishes",
  "actor_publishes",
  "address_publishes",
  "likes",
  "slow_mode",
  "http_publishes",
  "deletes",
  "commands",
  "history_reads",
  "http_requests",
  "request_bytes",
  "history_bytes",
] as const;

/** An event that isn't transient costs an address so much: it stays on the screen and in the history. */
const LASTING_COST = 10;

export class Rates {
  readonly publishers: Publishers;
  readonly slowMode: SlowMode;
  readonly reports: SpendingReports;
  readonly work: Work;
  /** Refusals by the name of the rate. */
  readonly refused = new Map<string, number>();
  readonly #stats: BoundedMapStats = { forgotten: 0 };
  readonly #connections: ConnectionRateLimitOptions;
  readonly #httpPublishes: ClientBuckets;
  readonly #deletes: ClientBuckets;
  readonly #commands: ClientBuckets;
  readonly #historyReads: ClientBuckets;
  /** Those that an operator may change, by their settings. */
  readonly #changeable: Readonly<Record<Exclude<RateSetting, WorkSetting>, ChangeableRate>>;

  constructor({ bus, gateway, config, now }: RatesOptions) {
    const { limitedClientsKept: limit } = config;
    this.#changeable = {
      requestsPerSecond: rateOf("requests", config.requestsPerSecond),
      connectionPublishesPerSecond: rateOf(
        "connection_publishes",
        config.connectionPublishesPerSecond,
      ),
      actorPublishesPerSecond: rateOf("actor_publishes", config.actorPublishesPerSecond),
      addressPublishesPerSecond: rateOf("address_publishes", config.addressPublishesPerSecond),
      likesPerSecond: rateOf("likes", config.likesPerSecond),
      httpPublishesPerSecond: rateOf("http_publishes", config.httpPublishesPerSecond),
      deletesPerSecond: rateOf("deletes", config.deletesPerSecond),
      commandsPerSecond: rateOf("commands", config.commandsPerSecond),
      historyReadsPerSecond: rateOf("history_reads", config.historyReadsPerSecond),
    };
    const rates = this.#changeable;
    const likes = rates.likesPerSecond;
    const publishes = rates.actorPublishesPerSecond;
    const actor = { publishes, lastingCost: 1, likes };
    const address = {
      publishes: rates.addressPublishesPerSecond,
      lastingCost: LASTING_COST,
      likes: undefined,
    };
    this.publishers = new Publishers({ rates: { actor, address }, limit, now });
    this.slowMode = new SlowMode({ limit, now, onRefused: () => this.#countRefused("slow_mode") });
    const { publishers, slowMode } = this;
    this.reports = new SpendingReports({ bus, gateway, publishers, slowMode });
    this.#connections = {
      requests: rates.requestsPerSecond,
      spending: {
        publishes: rates.connectionPublishesPerSecond,
        lastingCost: 1,
        likes,
      },
      publishers: this.publishers,
      stats: this.#stats,
      now,
      refuse: (rate, waitMs) => this.refusal(rate, waitMs),
    };
    const refuse = (rate: Rate, waitMs: number) => this.refusal(rate, waitMs);
    this.work = new Work({ config, stats: this.#stats, now, refuse });
    const clients = (rate: Rate) => new ClientBuckets(rate, limit, this.#stats, now);
    this.#httpPublishes = clients(rates.httpPublishesPerSecond);
    this.#deletes = clients(rates.deletesPerSecond);
    this.#commands = clients(rates.commandsPerSecond);
    this.#historyReads = clients(rates.historyReadsPerSecond);
  }

  /** From now on, this limit counts for everybody. */
  set(name: RateSetting, perSecond: number): void {
    if (isWorkSetting(name)) this.work.set(name, perSecond);
    else changeRate(this.#changeable[name], perSecond);
  }

  start(): void {
    this.reports.start();
  }

  stop(): void {
    this.reports.stop();
  }

  /** Actors and addresses whose rates are tracked. */
  get clientCount(): number {
    const size = this.publishers.size + this.slowMode.size;
    const clients = [this.#httpPublishes, this.#deletes, this.#commands, this.#historyReads];
    return clients.reduce((sum, buckets) => sum + buckets.size, size + this.work.size);
  }

  /** Those that were forgotten early to make room. */
  get forgotten(): number {
    const { publishers, slowMode } = this;
    return publishers.stats.forgotten + slowMode.stats.forgotten + this.#stats.forgotten;
  }

  /** The rate limit of one new WebSocket. */
  rateLimit(): ConnectionRateLimit {
    return new ConnectionRateLimit(this.#connections);
  }

  /** What a client may publish over HTTP. */
  ofClient(client: ClientKey): PublishQuota {
    return new ClientQuota(
      {
        clients: this.#httpPublishes,
        publishers: this.publishers,
        refuse: (rate, waitMs) => this.refusal(rate, waitMs),
      },
      client,
    );
  }

  /** Charges a client for deleting an event, found or not. @throws OvationError rate_limited */
  takeDelete(client: ClientKey): void {
    this.#take(this.#deletes, client, 1);
  }

  /** Charges a client for a command. @throws OvationError rate_limited */
  takeCommand(client: ClientKey): void {
    this.#take(this.#commands, client, 1);
  }

  /** Charges a client for a page of history. @throws OvationError rate_limited */
  takeHistoryRead(client: ClientKey): void {
    this.#take(this.#historyReads, client, 1);
  }

  /** Counts a refusal and returns its error. */
  refusal({ name, perSecond }: Rate, retryAfterMs: number): OvationError {
    this.#countRefused(name);
    const text = `${name.replaceAll("_", " ")}: the limit is ${perSecond} a second`;
    return new OvationError("rate_limited", text, { limit: perSecond, retryAfterMs });
  }

  #countRefused(name: string): void {
    this.refused.set(name, (this.refused.get(name) ?? 0) + 1);
  }

  #take(buckets: ClientBuckets, client: ClientKey, count: number): void {
    const waitMs = buckets.take(client, count);
    if (waitMs > 0) throw this.refusal(buckets.rate, waitMs);
  }
}
