/**
 * The kinds of the deployment, as this process knows them: one document in the bucket `ov_kinds`,
 * followed while the process runs. Whoever meets an unknown kind has the document read again before
 * it refuses: a kind that was just applied is refused nowhere.
 */

import type { Registry } from "prom-client";
import type { Bucket } from "../bus/bucket.ts";
import type { BucketEntry } from "../bus/bucket-entry.ts";
import { RevisionConflict } from "../bus/conflict.ts";
import type { Bus } from "../bus/connection.ts";
import { isStreamMissing } from "../bus/ensure-stream.ts";
import { BucketFollower, type Snapshot } from "../bus/follower.ts";
import { OvationError } from "../protocol/errors.ts";
import type { LiveRules } from "../protocol/events.ts";
import { type Kind, KindTable } from "../protocol/kinds.ts";
import { decodeKinds, encodeKinds, faultText, withDefaults } from "../protocol/kinds-document.ts";
import { KINDS_KEY, LIMITS_KEY } from "../protocol/subjects.ts";
import type { MonotonicClock } from "./lifecycle.ts";
import type { Log } from "./log.ts";
import { countOf, gaugeOf } from "./metrics.ts";
import type { Condition } from "./ops.ts";

/** Between two reads for unknown kinds, so that senders of invented ones cost next to nothing. */
const READ_AGAIN_MS = 500;
/** Requests that may wait for a read; more are refused. */
const WAITING_LIMIT = 1_000;

interface LiveKindsOptions {
  readonly bus: Bus;
  readonly bucket: Bucket;
  /** Used until there is a document. */
  readonly seed: readonly Kind[];
  /** Whether to create the bucket and the document where they are missing: only dispatchers may. */
  readonly mayCreate: boolean;
  /** Takes the document of limits that is beside that of the kinds. */
  readonly onLimits?: (bytes: Uint8Array | undefined) => void;
  readonly resyncIntervalMs: number;
  readonly now: MonotonicClock;
  readonly log: Log;
}

export class LiveKinds {
  readonly stats = { reads: 0 };
  readonly #options: LiveKindsOptions;
  readonly #follower: BucketFollower;
  readonly #started = Promise.withResolvers<void>();
  #kinds: readonly Kind[];
  #table: KindTable;
  /** Of the document; 0 while there is none. */
  #revision = 0;
  #incarnation: string | undefined;
  #isReadable = true;
  /** A document that is newer than ours, but not valid. */
  #invalid: { readonly revision: number; readonly faults: string } | undefined;
  #nextRead: Promise<void> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveKindsOptions) {
    const { bus, bucket, seed, mayCreate, resyncIntervalMs, log } = options;
    this.#options = options;
    this.#kinds = seed.map(withDefaults);
    this.#table = new KindTable(this.#kinds);
    this.#follower = new BucketFollower({
      bus,
      bucket,
      mayCreate,
      resyncIntervalMs,
      log,
      handlers: {
        onSnapshot: async (snapshot) => await this.#found(snapshot),
        onChange: (entry) => {
          if (entry.key === LIMITS_KEY) this.#options.onLimits?.(entry.value);
          else this.#adopt(entry);
        },
        onUnreadable: (error) => {
          // Until dispatchers have created it, there is nothing to read.
          if (!isStreamMissing(error)) this.#isReadable = false;
          this.#started.resolve();
        },
      },
    });
  }

  /** The kinds now. */
  get table(): KindTable {
    return this.#table;
  }

  /** What is checked by the kinds, as they are at each moment. */
  rules(dataLimitBytes: number): LiveRules {
    const table = () => this.#table;
    return {
      dataLimitBytes,
      get kinds() {
        return table();
      },
      learnKinds: async () => await this.#readAgain(),
    };
  }

  /** The same, as they were configured. */
  get kinds(): readonly Kind[] {
    return this.#kinds;
  }

  /** The document's revision; 0 while there is none. */
  get revision(): number {
    return this.#revision;
  }

  get condition(): Condition {
    if (!this.#isReadable) {
      return { name: "kinds", warning: `can't be read; using revision ${this.#revision}` };
    }
    if (this.#invalid === undefined) return { name: "kinds" };
    const { revision, faults } = this.#invalid;
    const used = `using revision ${this.#revision}`;
    return { name: "kinds", warning: `revision ${revision} is not valid, ${used}: ${faults}` };
  }

  /** Resolves when the document has been read, or can't be. */
  async start(): Promise<void> {
    this.#follower.start();
    await this.#started.promise;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#started.resolve();
    await this.#follower.stop();
  }

  /**
   * Reads the document again; resolves when what was stored before this call is known.
   * @throws OvationError unavailable when it can't be read, overloaded when too many wait for it
   */
  async #readAgain(): Promise<void> {
    if (this.#waiting >= WAITING_LIMIT) {
      const text = `${WAITING_LIMIT} requests already wait for the kinds to be read again`;
      throw new OvationError("overloaded", text, { limit: WAITING_LIMIT });
    }
    this.#waiting += 1;
    try {
      this.#nextRead ??= this.#readSoon();
      await this.#nextRead;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #readSoon(): Promise<void> {
    const { now, bucket } = this.#options;
    const waitMs = this.#readAt + READ_AGAIN_MS - now();
    if (waitMs > 0) {
      await new Promise<void>((resolve) => {
        this.#timer = setTimeout(resolve, waitMs);
      });
    }
    // Whoever comes from now on needs a later read: this one may miss what is stored meanwhile.
    this.#nextRead = undefined;
    this.#readAt = now();
    this.stats.reads += 1;
    try {
      const entry = await bucket.get(KINDS_KEY);
      if (entry !== undefined) this.#adopt(entry);
    } catch (cause) {
      if (isStreamMissing(cause)) return;
      throw new OvationError("unavailable", "the kinds can't be read at the moment", { cause });
    }
  }

  async #found({ entries, incarnation }: Snapshot): Promise<void> {
    this.#isReadable = true;
    // Revisions of a bucket that was created again begin anew.
    if (incarnation !== this.#incarnation) this.#revision = 0;
    this.#incarnation = incarnation;
    this.#options.onLimits?.(entries.get(LIMITS_KEY)?.value);
    const entry = entries.get(KINDS_KEY);
    if (entry !== undefined) this.#adopt(entry);
    else if (this.#options.mayCreate) await this.#create();
    this.#started.resolve();
  }

  async #create(): Promise<void> {
    const { bucket, log } = this.#options;
    try {
      this.#revision = await bucket.put(KINDS_KEY, encodeKinds(this.#kinds), 0);
      log.info({ revision: this.#revision }, "there were no kinds: ours are stored");
    } catch (error) {
      // Another dispatcher was first; its document arrives as a change.
      if (!(error instanceof RevisionConflict)) throw error;
    }
  }

  #adopt({ key, value, revision }: Pick<BucketEntry, "key" | "value" | "revision">): void {
    if (key !== KINDS_KEY || value === undefined || revision <= this.#revision) return;
    const parsed = decodeKinds(value);
    if ("faults" in parsed) {
      if (this.#invalid?.revision === revision) return;
      const faults = parsed.faults.map(faultText).join("; ");
      this.#invalid = { revision, faults };
      this.#options.log.error({ revision, faults }, "the kinds are not valid; using those known");
      return;
    }
    this.#invalid = undefined;
    this.#revision = revision;
    this.#kinds = parsed.kinds;
    this.#table = new KindTable(parsed.kinds);
    this.#options.log.info({ revision, kinds: this.#table.publishable }, "the kinds were read");
  }
}

/** The metrics of the kinds. */
export function registerKinds(
  registry: Registry,
  kinds: Pick<LiveKinds, "revision" | "stats">,
): void {
  gaugeOf(
    registry,
    "ovation_kinds_revision",
    "Revision of the document of kinds that the process uses; the same everywhere.",
    () => kinds.revision,
  );
  countOf(
    registry,
    "ovation_kinds_reads_total",
    "Reads of that document because of a kind that was not known.",
    () => kinds.stats.reads,
  );
}
