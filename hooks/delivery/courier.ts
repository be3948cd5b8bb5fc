/**
 * Delivers to one endpoint: one webhook after the other, in the order of the stream. What is to be
 * sent is stored first, by its bounds, so that a repeat is the same webhook, whoever repeats it. An
 * endpoint that fails waits at its webhook, and the rest stays in the stream.
 */
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import {
  type EndpointBatch,
  type EndpointProgress,
  webhookIdOf,
} from "../../shared/protocol/hooks/progress.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Endpoint } from "../endpoints.ts";
import { type Batch, bodyOf, nextBatch, sameBatch } from "./batch.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { EventReader } from "./event-reader.ts";
import type { Outcome, Post } from "./post.ts";
import type { ProgressEntry } from "./progress-entry.ts";
import type { EndpointStats } from "./stats.ts";
import type { Wake } from "./wake.ts";

/** How long the first event of a webhook waits for others. */
const GATHER_MS = 50;
/** When nothing wakes it, it looks all the same. */
const IDLE_MS = 5_000;
/** An endpoint may ask for a longer wait than ours, but not for a longer one than this. */
const RETRY_AFTER_LIMIT_MS = 3_600_000;
const STORE_RETRY_MIN_MS = 250;
const STORE_RETRY_MAX_MS = 5_000;

interface RetrySettings {
  readonly minMs: number;
  readonly maxMs: number;
  /** After so long, a webhook is given up. */
  readonly forMs: number;
}

interface CourierOptions {
  readonly endpoint: Endpoint;
  readonly post: Post;
  readonly reader: Pick<EventReader, "from" | "extent">;
  readonly entry: ProgressEntry;
  readonly dead: Pick<DeadLetters, "add">;
  readonly stats: EndpointStats;
  /** Wakes it when there are new events, or its progress was changed by another. */
  readonly wake: Wake;
  /** Called when it knows where to begin. */
  readonly onLoaded: () => void;
  readonly batchEvents: number;
  readonly retry: RetrySettings;
  readonly now: WallClock;
  readonly log: Log;
}

export class Courier {
  readonly #options: CourierOptions;
  readonly #retries: Backoff;
  readonly #storeRetries = new Backoff(STORE_RETRY_MIN_MS, STORE_RETRY_MAX_MS);

  constructor(options: CourierOptions) {
    this.#options = options;
    const { minMs, maxMs } = options.retry;
    // Full jitter: anywhere from nothing up to a ceiling that doubles.
    this.#retries = new Backoff(0, maxMs, Math.random, minMs);
  }

  /** Works until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { wake, log, endpoint } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#deliver(signal);
      } catch (err) {
        if (signal.aborted) return;
        // Somebody has changed the progress: what they wrote counts.
        if (err instanceof RevisionConflict) continue;
        log.debug({ err, endpoint: endpoint.name }, "the events can't be read or noted now");
        await wake.sleep(this.#storeRetries.nextMs(), signal);
      }
    }
  }

  async #deliver(signal: AbortSignal): Promise<void> {
    const { entry, wake, stats } = this.#options;
    let progress = await this.#load();
    this.#options.onLoaded();
    this.#storeRetries.reset();
    for (;;) {
      stats.isGone = progress.goneAt !== null;
      stats.position = progress.position;
      if (signal.aborted) return;
      if (progress.goneAt !== null) {
        await wake.sleep(IDLE_MS, signal);
        return;
      }
      const next = await this.#step(progress, signal);
      if (next !== undefined) {
        progress = next;
        continue;
      }
      if (signal.aborted) return;
      await wake.sleep(IDLE_MS, signal);
      await wake.pause(GATHER_MS, signal, entry.revision);
      if (wake.isChanged(entry.revision)) return;
    }
  }

  /** One webhook, to its end; undefined when there is none now, or the work ends. */
  async #step(
    progress: EndpointProgress,
    signal: AbortSignal,
  ): Promise<EndpointProgress | undefined> {
    const { reader, endpoint, entry, batchEvents, now } = this.#options;
    let { batch: noted } = progress;
    let batch: Batch | undefined;
    if (noted === null) {
      batch = await nextBatch(reader, endpoint, progress.position, batchEvents);
      if (batch === undefined) return undefined;
      if (batch.first > progress.position + 1) await this.#passed(progress, batch.first);
      if (batch.events.length > 0) {
        noted = { first: batch.first, last: batch.last, since: now() };
        await entry.save({ ...progress, batch: noted });
      }
    } else batch = await sameBatch(reader, endpoint, noted);
    if (noted !== null && batch.events.length > 0) {
      const id = batch.webhookId ?? webhookIdOf(endpoint.name, progress, noted);
      const end = await this.#attempt(id, batch, noted, signal);
      if (end === "stopped") return undefined;
      if (end === "gone") {
        const gone = { ...progress, batch: noted, goneAt: now() };
        await entry.save(gone);
        return gone;
      }
    }
    const done = { ...progress, position: batch.last, batch: null };
    await entry.save(done);
    return done;
  }

  /** Tries until it is delivered, given up, or not wanted. */
  async #attempt(
    id: string,
    first: Batch,
    noted: EndpointBatch,
    signal: AbortSignal,
  ): Promise<"done" | "gone" | "stopped"> {
    const { endpoint, post, stats, reader, retry, now, wake, dead, entry, log } = this.#options;
    const { since } = noted;
    let batch = first;
    while (batch.events.length > 0) {
      const began = now();
      const outcome = await post(id, bodyOf(batch), signal);
      if (signal.aborted && outcome.kind === "failed") return "stopped";
      stats.attempted(outcome.kind, now() - began);
      if (outcome.kind === "delivered") {
        if (stats.failures > 0) log.info({ endpoint: endpoint.name }, "the endpoint works again");
        stats.failures = 0;
        this.#retries.reset();
        stats.delivered(batch.events);
        return "done";
      }
      if (outcome.kind === "gone") {
        log.error({ endpoint: endpoint.name }, "the endpoint wants no more webhooks (410)");
        return "gone";
      }
      this.#failed(id, outcome.fault);
      const waitMs = this.#waitMs(outcome);
      const leftMs = since + retry.forMs - now();
      if (leftMs <= 0) {
        const given = { endpoint: endpoint.name, id, batch, since, fault: outcome.fault };
        stats.dead += await dead.add(given);
        log.error({ endpoint: endpoint.name, id }, "a webhook is given up");
        return "done";
      }
      await wake.pause(Math.min(waitMs, leftMs), signal, entry.revision);
      if (signal.aborted) return "stopped";
      // An operator may have skipped it, or asked for a replay.
      if (wake.isChanged(entry.revision)) throw new RevisionConflict("changed by another");
      // Not from memory: a comment in it may have been deleted meanwhile.
      batch = await sameBatch(reader, endpoint, noted);
    }
    return "done";
  }

  #failed(id: string, fault: string): void {
    const { endpoint, stats, log } = this.#options;
    stats.failures += 1;
    stats.fault = fault;
    const fields = { endpoint: endpoint.name, id, fault, failures: stats.failures };
    if (stats.failures === 1) log.warn(fields, "a webhook failed; it is tried again");
    else log.debug(fields, "a webhook failed again");
  }

  #waitMs(outcome: Extract<Outcome, { kind: "failed" }>): number {
    const own = this.#retries.nextMs();
    return Math.max(own, Math.min(outcome.retryAfterMs ?? 0, RETRY_AFTER_LIMIT_MS));
  }

  /** Sequences that are no longer in the stream: removed by its limits before they were delivered. */
  async #passed({ position }: EndpointProgress, first: number): Promise<void> {
    const { reader, stats, log, endpoint } = this.#options;
    const { first: oldest } = await reader.extent();
    const lost = Math.min(oldest, first) - position - 1;
    if (position === 0 || lost <= 0) return;
    stats.lost += lost;
    log.error({ endpoint: endpoint.name, lost }, "events were removed before they were delivered");
  }

  /** The progress as it is stored; one that is new, or of another stream, begins now. */
  async #load(): Promise<EndpointProgress> {
    const { entry, reader } = this.#options;
    const progress = await entry.load();
    const { epoch, last } = await reader.extent();
    if (progress?.epoch === epoch) return progress;
    const isNew = progress === undefined;
    const start = {
      epoch,
      position: isNew ? last : 0,
      batch: null,
      generation: progress?.generation ?? 0,
      goneAt: progress?.goneAt ?? null,
    };
    await entry.save(start);
    return start;
  }
}
