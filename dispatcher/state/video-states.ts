/**
 * The state of all videos, as dispatchers change it: what others do by publishing, and what Ovation
 * itself keeps there (polls, rules, the end of a video). Memory is bounded: the document of a quiet
 * video is dropped, since it can be read again.
 */
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { newNodeId, ReservedIds } from "../../shared/protocol/names.ts";
import { monotonicNow, type WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { PendingLimit } from "../chain/pending-limit.ts";
import { RecentWriters } from "../chain/recent-writers.ts";
import type { Fanout } from "../fanout.ts";
import type { RequestTiming } from "../requests/request-timing.ts";
import { type StateEdit, type StateEvent, statePut } from "./state-change.ts";
import { type StateStats, StateWriter, type StateWriterOptions } from "./state-writer.ts";

/** Videos, and bytes of their documents, that are remembered. */
const VIDEOS_LIMIT = 10_000;
const WEIGHT_LIMIT = 16_777_216;
/** An attempt that hangs leaves time for another. */
const TRIES = 2;

interface VideoStatesOptions {
  readonly bus: Pick<Bus, "state" | "onState">;
  readonly bucket: Pick<Bucket, "get" | "put" | "onRecreated">;
  readonly config: Pick<DispatcherConfig, "storeTimeoutMs" | "storeQueueLimit">;
  readonly fanout: Pick<Fanout, "emit">;
  readonly now: WallClock;
  readonly log: Log;
}

/** What an event of state may say besides its value. */
export interface PutOptions {
  /** By default one that nobody can give. A repeat with the same id and value changes nothing. */
  readonly id?: string | undefined;
  /** Who did it. */
  readonly actor?: string | undefined;
  readonly taken?: RequestTiming | undefined;
}

export class VideoStates {
  readonly stats: StateStats = { writes: 0, changes: 0, conflicts: 0, failures: 0 };
  readonly #options: VideoStatesOptions;
  readonly #pending: PendingLimit;
  readonly #writers: RecentWriters<StateWriter>;
  readonly #ids = new ReservedIds();
  #unlisten: (() => void)[] = [];
  #isStopped = false;

  constructor(options: VideoStatesOptions) {
    const { bus, bucket, config, fanout, log } = options;
    this.#options = options;
    this.#pending = new PendingLimit({
      timeoutMs: config.storeTimeoutMs,
      limit: config.storeQueueLimit,
      now: monotonicNow,
      late: "state_unavailable",
      busy: "overloaded",
    });
    const writerOptions: StateWriterOptions = {
      bucket,
      fanout,
      log,
      stats: this.stats,
      writer: newNodeId(),
      random: Math.random,
      writeTimeoutMs: config.storeTimeoutMs / TRIES,
      isConnected: () => bus.state === "connected" && !this.#isStopped,
      onWeight: (change) => this.#writers.addWeight(change),
    };
    this.#writers = new RecentWriters({
      create: (video) => new StateWriter(video, writerOptions),
      limit: VIDEOS_LIMIT,
      weightLimit: WEIGHT_LIMIT,
    });
  }

  /** Changes that wait for the store. */
  get waiting(): number {
    return this.#pending.events;
  }

  get videoCount(): number {
    return this.#writers.size;
  }

  start(): void {
    const { bus, bucket } = this.#options;
    const doubtAll = () => {
      for (const writer of this.#writers.all()) writer.doubt();
    };
    this.#unlisten = [bus.onState(doubtAll), bucket.onRecreated(doubtAll)];
  }

  /** Rejects everything that waits. */
  stop(): void {
    this.#isStopped = true;
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#pending.rejectAll(new OvationError("state_unavailable"));
  }

  /**
   * Stores a name's new value and sends it to the gateways.
   * @param name a kind of class `state`, or such a kind, a colon and a key
   * @param value the event's `data`; null removes the name
   * @returns the revision of the document that has it
   * @throws OvationError state_too_large, state_unavailable, overloaded; timeout when it is stored,
   * but could not be sent to the gateways
   */
  async put(
    video: string,
    name: string,
    value: unknown,
    { id, actor, taken }: PutOptions = {},
  ): Promise<number> {
    const event = { ...this.newEvent(), actor, data: value };
    const put = statePut(name, id === undefined ? event : { ...event, id });
    return await this.edit(video, () => [put], taken);
  }

  /**
   * Changes several names at once, or a value by what it was; `edit` runs again when another
   * dispatcher was faster.
   * @returns the revision of the document that has all of it
   * @throws OvationError as {@link put}, and what `edit` throws
   */
  async edit(video: string, edit: StateEdit, taken?: RequestTiming): Promise<number> {
    const job = this.#pending.open<number>(1);
    this.#writers.of(video).change({ edit, job, taken });
    return await job.outcome;
  }

  /** For a new event of Ovation's own. */
  newEvent(): StateEvent {
    return { id: this.#ids.next(), at: this.#options.now() };
  }
}
