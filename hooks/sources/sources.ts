/** All sources of events: what each follows, and where it hears of news. */
import { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { StreamReader } from "../../shared/bus/stream-reader.ts";
import type { HooksConfig } from "../../shared/config/settings.ts";
import { subscriptionsBucket } from "../../shared/protocol/buckets.ts";
import {
  changesPrefix,
  HISTORY_STREAM,
  HISTORY_SUBJECTS,
  MODERATION_STREAM,
  MODERATION_SUBJECTS,
  STATE_BUCKET,
  STORED_SUBJECTS,
} from "../../shared/protocol/subjects.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { HISTORY_SOURCE, HistoryCollector } from "./history.ts";
import { ModerationCollector } from "./moderation.ts";
import { Occupancy } from "./occupancy.ts";
import type { Outbox } from "./outbox.ts";
import { Redactor } from "./redactor.ts";
import { Source } from "./source.ts";
import { StateCollector } from "./state.ts";

/** Where news are heard of, this is only for what nobody heard. */
const POLL_MS = 5_000;
/** Nothing says that a moderator did something, and few do. */
const MODERATION_POLL_MS = 1_000;

interface SourcesOptions {
  readonly bus: Bus;
  readonly config: HooksConfig;
  readonly bucket: Bucket;
  /** Of the outbox. */
  readonly reader: StreamReader;
  readonly outbox: Outbox;
  /** Called when something was stored that the outbox doesn't know of. */
  readonly onStored: () => void;
  readonly log: Log;
}

export class Sources {
  readonly occupancy: Occupancy;
  /** By name. */
  readonly streams: ReadonlyMap<string, Source>;

  constructor({ bus, config, bucket, reader, outbox, onStored, log }: SourcesOptions) {
    const common = { bus, bucket, now: monotonicNow, wallClock: Date.now, log };
    const history = new StreamReader(bus, HISTORY_STREAM, HISTORY_SUBJECTS);
    const moderation = new StreamReader(bus, MODERATION_STREAM, MODERATION_SUBJECTS);
    const state = new StreamReader(bus, `KV_${STATE_BUCKET}`, `$KV.${STATE_BUCKET}.*`);
    const redactor = new Redactor({ bus, reader, source: HISTORY_SOURCE, onStored });
    this.streams = new Map([
      [
        HISTORY_SOURCE,
        new Source({
          ...common,
          reader: history,
          collector: new HistoryCollector(outbox, redactor, history),
          news: STORED_SUBJECTS,
          pollMs: POLL_MS,
        }),
      ],
      [
        "moderation",
        new Source({
          ...common,
          reader: moderation,
          collector: new ModerationCollector(outbox),
          pollMs: MODERATION_POLL_MS,
        }),
      ],
      [
        "state",
        new Source({
          ...common,
          reader: state,
          collector: new StateCollector(outbox),
          news: `${changesPrefix(STATE_BUCKET)}>`,
          pollMs: POLL_MS,
        }),
      ],
    ]);
    this.occupancy = new Occupancy({
      bus,
      bucket: new Bucket(bus, subscriptionsBucket(config)),
      reader,
      outbox,
      vacatedMs: config.hooksVacatedMs,
      resyncIntervalMs: config.reconcileIntervalMs,
      now: Date.now,
      log,
    });
  }

  /** Whether nothing that comes from now on is missed. */
  get isFollowing(): boolean {
    return [...this.streams.values(), this.occupancy].every(({ isFollowing }) => isFollowing);
  }

  /** Works until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const streams = [...this.streams.values()];
    await Promise.all([...streams, this.occupancy].map((source) => source.run(signal)));
  }
}
