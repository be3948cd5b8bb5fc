/** Delivers to all endpoints, to each at its own pace. */
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import type { HooksConfig } from "../../shared/config/settings.ts";
import {
  decodeEndpoint,
  endpointKey,
  endpointOfKey,
} from "../../shared/protocol/hooks/progress.ts";
import { changesPrefix, HOOKS_BUCKET } from "../../shared/protocol/subjects.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Endpoint } from "../endpoints.ts";
import type { AddressRules } from "./address-rules.ts";
import { Courier } from "./courier.ts";
import { DeadLetters } from "./dead-letters.ts";
import type { EventReader } from "./event-reader.ts";
import { postTo } from "./post.ts";
import { ProgressEntry } from "./progress-entry.ts";
import { EndpointStats } from "./stats.ts";
import { Wake } from "./wake.ts";

interface DeliveriesOptions {
  readonly bus: Bus;
  readonly config: HooksConfig;
  readonly bucket: Bucket;
  readonly events: EventReader;
  readonly endpoints: readonly Endpoint[];
  readonly rules: AddressRules;
  readonly log: Log;
}

export class Deliveries {
  /** By the endpoint's name. */
  readonly stats: ReadonlyMap<string, EndpointStats>;
  readonly #options: DeliveriesOptions;
  readonly #wakes: ReadonlyMap<string, Wake>;
  readonly #dead: DeadLetters;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    const names = options.endpoints.map(({ name }) => name);
    this.stats = new Map(names.map((name) => [name, new EndpointStats()]));
    this.#dead = new DeadLetters(options.bus, Date.now, options.log);
    this.#wakes = new Map(names.map((name) => [name, new Wake()]));
  }

  /** Events of dead letters that are kept without their data, since NATS takes no message so large. */
  get cut(): number {
    return this.#dead.cut;
  }

  /** There are new events. */
  wake(): void {
    for (const wake of this.#wakes.values()) wake.call();
  }

  /**
   * Works until the signal; never rejects.
   * @param onLoaded called when it is known where each endpoint begins, or at the end
   */
  async run(signal: AbortSignal, onLoaded: () => void): Promise<void> {
    const { bus, endpoints } = this.#options;
    // An operator may change an endpoint's progress: see cli/hooks/.
    const prefix = changesPrefix(HOOKS_BUCKET);
    const changes = bus.watchChanges(prefix, (key, revision) => {
      const name = endpointOfKey(key);
      if (name !== undefined) this.#wakes.get(name)?.changed(revision);
    });
    const couriers = endpoints.map((endpoint) => {
      const loaded = Promise.withResolvers<void>();
      const courier = this.#courier(endpoint, loaded.resolve);
      return { loaded: loaded.promise, done: courier.run(signal).finally(loaded.resolve) };
    });
    void Promise.all(couriers.map(({ loaded }) => loaded)).then(onLoaded);
    await Promise.all(couriers.map(({ done }) => done));
    changes.unsubscribe();
    // What it was like is for the instance that works to say.
    for (const stats of this.stats.values()) stats.isGone = false;
  }

  #courier(endpoint: Endpoint, onLoaded: () => void): Courier {
    const { config, bucket, events, rules, log } = this.#options;
    const { name } = endpoint;
    return new Courier({
      endpoint,
      post: postTo(endpoint, rules, config.hooksTimeoutMs),
      reader: events,
      entry: new ProgressEntry(bucket, endpointKey(name), decodeEndpoint),
      dead: this.#dead,
      stats: this.stats.get(name) ?? new EndpointStats(),
      wake: this.#wakes.get(name) ?? new Wake(),
      onLoaded,
      batchEvents: config.hooksBatchEvents,
      retry: {
        minMs: config.hooksRetryMinMs,
        maxMs: config.hooksRetryMaxMs,
        forMs: config.hooksRetryForMs,
      },
      now: Date.now,
      log,
    });
  }
}
