/**
 * Everything that changes one video's state here, one write at a time: changes that arrive while a
 * write is in flight go together into the next. A write is bound to the revision that was read
 * before, so that no dispatcher overwrites what another has just stored.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Bucket } from "../../shared/bus/bucket.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { asOvationError, OvationError } from "../../shared/protocol/errors.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import {
  decodeState,
  EMPTY_STATE,
  encodeState,
  hasMark,
  kindOfState,
  type StateDocument,
  type WriterMark,
  withMark,
} from "../../shared/protocol/state-document.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { CommitLoop } from "../chain/commit-loop.ts";
import type { Deferred } from "../chain/pending-limit.ts";
import type { Fanout } from "../fanout.ts";
import type { RequestTiming } from "../requests/request-timing.ts";
import {
  applied,
  isRepeat,
  type StateEdit,
  type StatePut,
  type StateValues,
} from "./state-change.ts";

/** After a lost race, so that the same dispatcher doesn't lose the next one too. */
const YIELD_MS = 5;
/** Changes that one write makes. */
const BATCH_LIMIT = 64;

export interface StateStats {
  /** Documents stored, and the changes in them. */
  writes: number;
  changes: number;
  /** Writes that lost the race against another dispatcher's. */
  conflicts: number;
  /** Failed attempts to use the store. */
  failures: number;
}

/** What all writers share. */
export interface StateWriterOptions {
  readonly bucket: Pick<Bucket, "get" | "put">;
  readonly fanout: Pick<Fanout, "emit">;
  readonly stats: StateStats;
  /** Names this run of the dispatcher. */
  readonly writer: string;
  readonly random: () => number;
  /** The longest wait for one write. */
  readonly writeTimeoutMs: number;
  readonly isConnected: () => boolean;
  readonly log: Log;
  /** Reports by how many bytes its memory grew. */
  readonly onWeight: (change: number) => void;
}

interface Change {
  readonly edit: StateEdit;
  readonly job: Deferred<number>;
  readonly taken: RequestTiming | undefined;
}

/** The document as it was stored last. */
interface Known {
  readonly document: StateDocument;
  /** 0 when there is none. */
  readonly revision: number;
  readonly bytes: number;
}

/** Changes that are written together, again and again until it is known that they are stored. */
interface Batch {
  readonly changes: readonly Change[];
  readonly mark: WriterMark;
  /** What they change, as of the last attempt. */
  puts: readonly StatePut[];
}

export class StateWriter {
  readonly #video: string;
  readonly #options: StateWriterOptions;
  readonly #loop: CommitLoop;
  readonly #queue: Change[] = [];
  #batch: Batch | undefined;
  #known: Known | undefined;
  #changes = 0;
  /** Raised while a read may be older than what happened meanwhile. */
  #doubts = 0;

  constructor(video: string, options: StateWriterOptions) {
    this.#video = video;
    this.#options = options;
    const { log, isConnected, stats, random } = options;
    this.#loop = new CommitLoop({
      log,
      now: monotonicNow,
      isConnected,
      onFailure: (error) => {
        stats.failures += 1;
        log.debug({ video, err: error.cause }, "a video's state can't be written");
      },
      dropSettled: () => this.#takeBatch(),
      step: () => this.#step(),
      catchUp: async () => {
        stats.conflicts += 1;
        await wait(random() * YIELD_MS);
      },
      rejectAll: (error) => {
        for (const { job } of [...(this.#batch?.changes ?? []), ...this.#queue.splice(0)]) {
          job.reject(error);
        }
      },
    });
  }

  /** Whether nothing is under way, so that this writer may be dropped. */
  get isIdle(): boolean {
    return !this.#loop.isRunning;
  }

  /** Bytes that it remembers, as reported by `onWeight`. */
  get weight(): number {
    return this.#known?.bytes ?? 0;
  }

  /** Queues a change; the job's outcome is the revision that has it. */
  change(change: Change): void {
    this.#queue.push(change);
    this.#loop.start();
  }

  /** The store may have changed: it is read before the next write. */
  doubt(): void {
    this.#doubts += 1;
    this.#remember(undefined);
  }

  /** Returns whether there is anything to do. */
  #takeBatch(): boolean {
    const isWaited = ({ job }: Change) => !job.isSettled;
    if (this.#batch?.changes.some(isWaited) === true) return true;
    this.#batch = undefined;
    while (this.#queue.length > 0) {
      const changes = this.#queue.splice(0, BATCH_LIMIT).filter(isWaited);
      if (changes.length === 0) continue;
      this.#changes += 1;
      this.#batch = { changes, mark: [this.#options.writer, this.#changes], puts: [] };
      return true;
    }
    return false;
  }

  async #step(): Promise<void> {
    const batch = this.#batch;
    if (batch === undefined) return;
    const isFresh = this.#known === undefined;
    const known = this.#known ?? (await this.#read());
    // The answer to an earlier attempt was lost.
    if (hasMark(known.document, batch.mark)) return this.#finish(batch, known);
    const { document } = known;
    const { values, puts, refused } = plan(batch.changes, document.values);
    // What was read earlier is only good for a write, which fails when others have written since.
    if (!isFresh && (values === document.values || refused.size > 0)) {
      return this.#remember(undefined);
    }
    for (const [{ job }, error] of refused) job.reject(error);
    batch.puts = puts;
    if (values === document.values) return this.#finish(batch, known);
    const { bucket, stats, writeTimeoutMs } = this.#options;
    const written = withMark(values, document, batch.mark);
    const payload = encodeState(written);
    const doubts = this.#doubts;
    try {
      const revision = await bucket.put(this.#video, payload, known.revision, writeTimeoutMs);
      const stored = { document: written, revision, bytes: payload.length };
      stats.writes += 1;
      stats.changes += batch.changes.length;
      this.#remember(doubts === this.#doubts ? stored : undefined);
      this.#finish(batch, stored);
    } catch (error) {
      // It may be stored all the same: the next attempt reads first.
      this.#remember(undefined);
      throw error instanceof RevisionConflict ? error : asUnavailable(error);
    }
  }

  /** Sends the values to the gateways, and only then settles the jobs. */
  #finish(batch: Batch, { document, revision }: Known): void {
    this.#batch = undefined;
    const { values } = document;
    // What is stored now: of a name that changed twice, or again since, only that.
    const newest = new Map<string, FanoutEvent>();
    for (const { name, bytes, isRemoval } of batch.puts) {
      const stored = values.get(name)?.bytes;
      // Whoever has removed it since sends that.
      if (stored === undefined && !isRemoval) continue;
      newest.set(name, {
        kind: kindOfState(name),
        deliveryClass: "state",
        bytes: stored ?? bytes,
        state: { name, revision, isRemoval: stored === undefined },
      });
    }
    const [first] = batch.changes;
    try {
      if (newest.size > 0) {
        this.#options.fanout.emit(this.#video, [...newest.values()], first?.taken);
      }
      for (const { job } of batch.changes) job.resolve(revision);
    } catch (cause) {
      for (const { job } of batch.changes) {
        job.reject(new OvationError("timeout", undefined, { cause }));
      }
    }
  }

  async #read(): Promise<Known> {
    const doubts = this.#doubts;
    const entry = await this.#options.bucket.get(this.#video).catch((error: unknown) => {
      throw asUnavailable(error);
    });
    const bytes = entry?.value?.length ?? 0;
    const document = entry?.value === undefined ? EMPTY_STATE : decodeState(entry.value);
    if (document === undefined) {
      throw new OvationError("internal", "the stored state is of a version that is not known here");
    }
    const known = { document, revision: entry?.revision ?? 0, bytes };
    if (doubts === this.#doubts) this.#remember(known);
    return known;
  }

  #remember(known: Known | undefined): void {
    const before = this.weight;
    this.#known = known;
    this.#options.onWeight(this.weight - before);
  }
}

interface Plan {
  /** With all changes that there is room for; the same ones when nothing changes. */
  readonly values: StateValues;
  readonly puts: readonly StatePut[];
  readonly refused: ReadonlyMap<Change, OvationError>;
}

function plan(changes: readonly Change[], before: StateValues): Plan {
  const puts: StatePut[] = [];
  const refused = new Map<Change, OvationError>();
  let values = before;
  for (const change of changes) {
    if (change.job.isSettled) continue;
    try {
      const wanted = change.edit(values);
      const fresh = wanted.filter((put) => !isDone(values, put));
      if (fresh.length > 0) values = applied(values, fresh);
      puts.push(...wanted);
    } catch (error) {
      refused.set(change, asOvationError(error));
    }
  }
  return { values, puts, refused };
}

function asUnavailable(cause: unknown): OvationError {
  return new OvationError("state_unavailable", undefined, { cause });
}

/** Whether a change makes no difference, such as a repeat. */
function isDone(values: StateValues, put: StatePut): boolean {
  return put.isRemoval ? !values.has(put.name) : isRepeat(values, put);
}
