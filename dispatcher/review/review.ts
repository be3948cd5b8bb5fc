/**
 * Asks reviewers about events, in batches, before anything is done with them. Each event waits no
 * longer than the budget, whatever a reviewer does.
 */

import {
  decodeVerdicts,
  encodeReview,
  encodeReviewed,
  REVIEW_BATCH,
  REVIEW_LIMIT_BYTES,
  type ReviewedEvent,
  type Verdict,
  type VerdictName,
} from "../../shared/protocol/moderation/review.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Ask } from "./ask.ts";
import { Breaker } from "./breaker.ts";

/** How long the first event of a batch waits for others. */
const GATHER_MS = 20;
/** Events that wait for a verdict; more get none. */
const WAITING_LIMIT = 5_000;

interface ReviewOptions {
  readonly ask: Ask;
  readonly budgetMs: number;
  readonly now: MonotonicClock;
  readonly log: Log;
}

interface Waiting {
  /** As reviewers are shown it. */
  readonly text: string;
  readonly resolve: (verdict: Verdict | undefined) => void;
}

interface Batch {
  readonly waiting: Waiting[];
  bytes: number;
  readonly since: number;
  readonly timer: NodeJS.Timeout;
}

export class Review {
  readonly stats = {
    verdicts: new Map<VerdictName | "none", number>(),
    failures: 0,
  };
  readonly #options: ReviewOptions;
  readonly #breaker: Breaker;
  /** Those that gather, by kind. */
  readonly #batches = new Map<string, Batch>();
  #waiting = 0;

  constructor(options: ReviewOptions) {
    this.#options = options;
    this.#breaker = new Breaker(options.now);
  }

  /** Whether the reviewers are not asked at the moment, since they failed again and again. */
  get isPaused(): boolean {
    return this.#breaker.isOpen;
  }

  /** The verdict on an event; undefined if there is none within the budget. Never rejects. */
  async verdictOn(event: ReviewedEvent): Promise<Verdict | undefined> {
    const isFull = this.#waiting >= WAITING_LIMIT;
    this.#waiting += 1;
    const verdict = isFull ? undefined : await this.#gathered(event);
    this.#waiting -= 1;
    const name = verdict?.verdict ?? "none";
    this.stats.verdicts.set(name, (this.stats.verdicts.get(name) ?? 0) + 1);
    return verdict;
  }

  async #gathered(event: ReviewedEvent): Promise<Verdict | undefined> {
    const { kind } = event.input;
    const text = encodeReviewed(event);
    // Otherwise whoever sends such data would escape the review, or keep others' events from it.
    if (text === undefined) return { verdict: "deny", message: "data: can't be reviewed" };
    const bytes = Buffer.byteLength(text) + 1;
    if ((this.#batches.get(kind)?.bytes ?? 0) + bytes > REVIEW_LIMIT_BYTES) this.#send(kind);
    let batch = this.#batches.get(kind);
    if (batch === undefined) {
      if (!this.#breaker.admits()) return undefined;
      const timer = setTimeout(() => this.#send(kind), GATHER_MS);
      batch = { waiting: [], bytes: 0, since: this.#options.now(), timer };
      this.#batches.set(kind, batch);
    }
    const { promise, resolve } = Promise.withResolvers<Verdict | undefined>();
    batch.waiting.push({ text, resolve });
    batch.bytes += bytes;
    if (batch.waiting.length >= REVIEW_BATCH) this.#send(kind);
    return await promise;
  }

  #send(kind: string): void {
    const batch = this.#batches.get(kind);
    if (batch === undefined) return;
    this.#batches.delete(kind);
    clearTimeout(batch.timer);
    void this.#ask(kind, batch);
  }

  async #ask(kind: string, { waiting, since }: Batch): Promise<void> {
    const { ask, budgetMs, now, log } = this.#options;
    const leftMs = Math.max(1, Math.ceil(budgetMs - (now() - since)));
    const late = Promise.withResolvers<never>();
    // Whatever the reviewer's connection does: an answer that drips in is late too.
    const timer = setTimeout(() => late.reject(new Error("no answer in time")), leftMs);
    try {
      const answer = await Promise.race([
        ask(
          kind,
          encodeReview(
            kind,
            waiting.map(({ text }) => text),
          ),
          leftMs,
        ),
        late.promise,
      ]);
      const verdicts = decodeVerdicts(answer, waiting.length);
      this.#breaker.succeeded();
      for (const [index, { resolve }] of waiting.entries()) resolve(verdicts[index]);
    } catch (err) {
      this.stats.failures += 1;
      this.#breaker.failed();
      log.debug({ err, kind, events: waiting.length }, "a reviewer gave no verdicts");
      for (const { resolve } of waiting) resolve(undefined);
    } finally {
      clearTimeout(timer);
    }
  }
}
