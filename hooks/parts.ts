/** The parts of an instance, and how they fit together. */
import { Bucket } from "../shared/bus/bucket.ts";
import { StreamReader } from "../shared/bus/stream-reader.ts";
import type { HooksConfig } from "../shared/config/settings.ts";
import { hooksBucket } from "../shared/protocol/buckets.ts";
import {
  DEAD_HOOKS_STREAM,
  DEAD_HOOKS_SUBJECTS,
  HOOK_EVENTS_STREAM,
  HOOK_EVENTS_SUBJECTS,
} from "../shared/protocol/subjects.ts";
import { monotonicNow } from "../shared/runtime/lifecycle.ts";
import type { Condition } from "../shared/runtime/ops.ts";
import type { RoleContext, RoleParts } from "../shared/runtime/role-parts.ts";
import { Backlog } from "./backlog.ts";
import type { AddressRules } from "./delivery/address-rules.ts";
import { Deliveries } from "./delivery/deliveries.ts";
import { EventReader } from "./delivery/event-reader.ts";
import type { Endpoint } from "./endpoints.ts";
import { Lease } from "./lease.ts";
import { registerHooksMetrics } from "./metrics.ts";
import { HISTORY_SOURCE } from "./sources/history.ts";
import { Outbox } from "./sources/outbox.ts";
import { Sources } from "./sources/sources.ts";

export class HooksParts implements RoleParts {
  readonly #deliveries: Deliveries;
  readonly #sources: Sources;
  readonly #lease: Lease;

  constructor(
    { id, bus, config, log, registry }: RoleContext<HooksConfig>,
    endpoints: readonly Endpoint[],
    rules: AddressRules,
  ) {
    const bucket = new Bucket(bus, hooksBucket(config));
    const reader = new StreamReader(bus, HOOK_EVENTS_STREAM, HOOK_EVENTS_SUBJECTS);
    const deadReader = new StreamReader(bus, DEAD_HOOKS_STREAM, DEAD_HOOKS_SUBJECTS);
    const events = new EventReader(reader, HISTORY_SOURCE);
    this.#deliveries = new Deliveries({ bus, config, bucket, events, endpoints, rules, log });
    const deliveries = this.#deliveries;
    const onStored = () => deliveries.wake();
    const outbox = new Outbox(bus, reader, onStored, log);
    this.#sources = new Sources({ bus, config, bucket, reader, outbox, onStored, log });
    const sources = this.#sources;
    const backlog = new Backlog({ reader, deadReader, endpoints: deliveries.stats });
    this.#lease = new Lease({
      bucket,
      holder: id,
      leaseMs: config.hooksLeaseMs,
      now: monotonicNow,
      work: async (signal) => {
        outbox.clear();
        const loaded = Promise.withResolvers<void>();
        const delivering = deliveries.run(signal, loaded.resolve);
        // A new endpoint begins with what is collected from now on.
        await loaded.promise;
        await Promise.all([sources.run(signal), delivering, backlog.run(signal)]);
      },
      log,
    });
    registerHooksMetrics(registry, {
      bus,
      lease: this.#lease,
      sources,
      outbox,
      deliveries,
      backlog,
    });
  }

  /** Whether it is this instance that works, and all sources are followed. */
  get isWorking(): boolean {
    return this.#lease.isHeld && this.#sources.isFollowing;
  }

  async start(): Promise<Record<string, unknown>> {
    this.#lease.start();
    return { endpoints: [...this.#deliveries.stats.keys()] };
  }

  /** Ends what is being sent, and lets another instance take over. */
  async drain(): Promise<void> {
    await this.#lease.stop();
  }

  async stop(): Promise<void> {
    await this.#lease.stop();
  }

  conditions(): readonly Condition[] {
    return [...this.#deliveries.stats].map(([endpoint, { isGone, failures, fault }]) => ({
      name: `endpoint.${endpoint}`,
      warning: isGone ? "it wants no more webhooks (410)" : failures > 0 ? fault : undefined,
    }));
  }
}
