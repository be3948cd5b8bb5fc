/** Every store that dispatchers create and others use: each is created where it is missing. */
import { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { deadHooksConfig, hookEventsConfig } from "../../shared/bus/hook-streams.ts";
import { KeptStream } from "../../shared/bus/kept-stream.ts";
import { ModerationStream } from "../../shared/bus/moderation-stream.ts";
import { VotesStream } from "../../shared/bus/votes-stream.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import {
  bansBucket,
  endedBucket,
  hooksBucket,
  kindsBucket,
  shadowBucket,
  stateBucket,
  ticketsBucket,
  timelineBucket,
  totalsBucket,
} from "../../shared/protocol/buckets.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { KeptStore, type Store } from "./kept-store.ts";

export class Stores {
  readonly kinds: Bucket;
  readonly state: Bucket;
  readonly ended: Bucket;
  readonly totals: Bucket;
  readonly timeline: Bucket;
  readonly votes: VotesStream;
  readonly bans: Bucket;
  readonly shadow: Bucket;
  readonly moderation: ModerationStream;
  readonly hookEvents: KeptStream;
  readonly #all: readonly Store[];
  readonly #kept: readonly KeptStore[];

  constructor(bus: Bus, config: DispatcherConfig, log: Log) {
    const tickets = new Bucket(bus, ticketsBucket(config.tableReplicas));
    this.kinds = new Bucket(bus, kindsBucket(config));
    this.state = new Bucket(bus, stateBucket(config));
    this.ended = new Bucket(bus, endedBucket(config));
    this.totals = new Bucket(bus, totalsBucket(config));
    this.timeline = new Bucket(bus, timelineBucket(config));
    this.votes = new VotesStream(bus, config);
    this.bans = new Bucket(bus, bansBucket(config));
    this.shadow = new Bucket(bus, shadowBucket(config));
    this.moderation = new ModerationStream(bus, config);
    this.hookEvents = new KeptStream(bus, hookEventsConfig(config));
    // Who follows the kinds, the bans, and which videos have ended, creates their buckets.
    this.#all = [
      tickets,
      this.state,
      this.totals,
      this.timeline,
      this.votes,
      this.moderation,
      this.shadow,
      new Bucket(bus, hooksBucket(config)),
      this.hookEvents,
      new KeptStream(bus, deadHooksConfig(config)),
    ];
    this.#kept = this.#all.map((store) => new KeptStore({ bus, store, log }));
  }

  start(): void {
    for (const kept of this.#kept) kept.start();
  }

  /** Creates those that are missing. What fails now is tried again later. */
  async ensure(): Promise<void> {
    await Promise.allSettled(this.#all.map((store) => store.ensure()));
  }

  stop(): void {
    for (const kept of this.#kept) kept.stop();
  }
}
