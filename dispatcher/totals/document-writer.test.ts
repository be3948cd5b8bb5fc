import fc from "fast-check";
import { expect, test } from "vitest";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { joinTotals, NO_TOTALS, type VideoTotals } from "../../shared/protocol/totals/totals.ts";
import {
  decodeTotalsDocument,
  type TotalsDocument,
} from "../../shared/protocol/totals/totals-document.ts";
import { DocumentWriter } from "./document-writer.ts";
import { newTotalsChange, type TotalsChange, totalsFormat } from "./totals-format.ts";

type Fault = "none" | "request lost" | "answer lost" | "request late";
type Step = { readonly add: number } | "store" | "kill";

interface Version {
  readonly value: Uint8Array;
  readonly revision: number;
}

/** A bucket's rules for one key: which faults its network has is up to the test. */
class Bucket {
  newest: Version | undefined;
  readonly #faults: Fault[];
  readonly #schedule: <T>(work: Promise<T>) => Promise<T>;
  readonly #onStored: (document: TotalsDocument) => void;
  #sequence = 0;

  constructor(
    faults: readonly Fault[],
    schedule: <T>(work: Promise<T>) => Promise<T>,
    onStored: (document: TotalsDocument) => void,
  ) {
    this.#faults = [...faults];
    this.#schedule = schedule;
    this.#onStored = onStored;
  }

  async get(key: string): Promise<(Version & { readonly key: string }) | undefined> {
    await this.#schedule(Promise.resolve());
    const newest = this.newest;
    await this.#schedule(Promise.resolve());
    return newest === undefined ? undefined : { key, ...newest };
  }

  async put(_key: string, value: Uint8Array, revision = 0): Promise<number> {
    const fault = this.#faults.shift() ?? "none";
    if (fault === "request late") {
      void this.#late(value, revision);
      throw new Error("timeout");
    }
    await this.#schedule(Promise.resolve());
    if (fault === "request lost") throw new Error("timeout");
    const stored = this.#store(value, revision);
    await this.#schedule(Promise.resolve());
    if (fault === "answer lost") throw new Error("timeout");
    if (stored === undefined) throw new RevisionConflict();
    return stored;
  }

  async #late(value: Uint8Array, revision: number): Promise<void> {
    for (let turns = 0; turns < 6; turns += 1) await this.#schedule(Promise.resolve());
    this.#store(value, revision);
  }

  #store(value: Uint8Array, revision: number): number | undefined {
    if (revision !== (this.newest?.revision ?? 0)) return undefined;
    this.#sequence += 1;
    this.newest = { value, revision: this.#sequence };
    const document = decodeTotalsDocument(value);
    if (document !== undefined) this.#onStored(document);
    return this.#sequence;
  }
}

let writers = 0;

/** A dispatcher: it stores what it accepted, and forgets what is not stored when it is killed. */
class Writer {
  readonly #bucket: Bucket;
  readonly #marksLimit: number;
  #writer: DocumentWriter<TotalsDocument, TotalsChange>;
  #number = 0;
  unstored = 0;
  readonly stats = { reads: 0, writes: 0, conflicts: 0, unknown: 0 };

  constructor(bucket: Bucket, marksLimit: number) {
    this.#bucket = bucket;
    this.#marksLimit = marksLimit;
    this.#writer = this.#start();
  }

  async store(): Promise<void> {
    if (!this.#writer.isPending) {
      const change = newTotalsChange();
      if (this.unstored > 0) change.added.set("like", this.unstored);
      this.#writer.begin(change);
      this.unstored = 0;
    }
    await this.#writer.store().catch(() => undefined);
  }

  async stop(): Promise<void> {
    while (this.unstored > 0 || this.#writer.isPending) await this.store();
  }

  kill(): void {
    this.#writer = this.#start();
    this.unstored = 0;
  }

  #start(): DocumentWriter<TotalsDocument, TotalsChange> {
    writers += 1;
    return new DocumentWriter("video", {
      bucket: this.#bucket,
      format: totalsFormat,
      writer: `w${writers}`,
      nextNumber: () => {
        this.#number += 1;
        return this.#number;
      },
      stats: this.stats,
      marksLimit: this.#marksLimit,
    });
  }
}

function likesOf({ totals }: TotalsDocument): number {
  return totals.counts.get("like") ?? 0;
}

const fault = fc.constantFrom<Fault>("none", "request lost", "answer lost", "request late");
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 4, arbitrary: fc.constant<Step>("store") },
);
const stepOrKill = fc.oneof(
  { weight: 8, arbitrary: step },
  { weight: 1, arbitrary: fc.constant<Step>("kill") },
);

interface Outcome {
  readonly accepted: number;
  readonly stored: number;
  /** Accepted by writers that were killed before they had stored it. */
  readonly atRisk: number;
  readonly unknown: number;
}

/** Runs writers side by side; checks each stored document. */
async function run(
  scheduler: fc.Scheduler,
  scripts: readonly (readonly Step[])[],
  faults: readonly Fault[],
  marksLimit: number,
): Promise<Outcome> {
  let accepted = 0;
  let atRisk = 0;
  let stored = 0;
  // Checked at the end: a writer would take an error of the store for a lost answer.
  const wrong: string[] = [];
  const bucket = new Bucket(
    faults,
    (work) => scheduler.schedule(work),
    (document) => {
      const likes = likesOf(document);
      if (likes > accepted) wrong.push(`${likes} stored of ${accepted} accepted`);
      if (likes < stored) wrong.push(`${likes} stored after ${stored}`);
      if (document.marks.byWriter.size > marksLimit) wrong.push("too many marks");
      stored = likes;
    },
  );
  const running = scripts.map(async (script) => {
    const writer = new Writer(bucket, marksLimit);
    let sinceKill = 0;
    for (const one of script) {
      await scheduler.schedule(Promise.resolve());
      if (one === "store") await writer.store();
      else if (one === "kill") {
        writer.kill();
        atRisk += sinceKill;
        sinceKill = 0;
      } else {
        accepted += one.add;
        sinceKill += one.add;
        writer.unstored += one.add;
      }
    }
    await writer.stop();
    return writer.stats.unknown;
  });
  const all = Promise.all(running);
  await scheduler.waitFor(all);
  const unknown = (await all).reduce((sum, count) => sum + count, 0);
  expect(wrong).toEqual([]);
  return { accepted, stored, atRisk, unknown };
}

test("totals are exact after clean stops, whichever requests and answers are lost, late or overtaken", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(step, { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
      fc.array(fault, { maxLength: 20 }),
      async (scheduler, scripts, faults) => {
        const { accepted, stored } = await run(scheduler, scripts, faults, 8);
        expect(stored).toBe(accepted);
      },
    ),
  );
});

test("a killed dispatcher loses no more than it had not stored, and nothing is added twice", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(stepOrKill, { maxLength: 10 }), { minLength: 1, maxLength: 4 }),
      fc.array(fault, { maxLength: 20 }),
      async (scheduler, scripts, faults) => {
        const { accepted, stored, atRisk } = await run(scheduler, scripts, faults, 64);
        expect(stored).toBeGreaterThanOrEqual(accepted - atRisk);
        expect(stored).toBeLessThanOrEqual(accepted);
      },
    ),
  );
});

test("with more dispatchers than a document has marks, nothing is added twice either", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(stepOrKill, { maxLength: 10 }), { minLength: 3, maxLength: 5 }),
      fc.array(fault, { maxLength: 30 }),
      async (scheduler, scripts, faults) => {
        const { accepted, stored, atRisk, unknown } = await run(scheduler, scripts, faults, 1);
        expect(stored).toBeLessThanOrEqual(accepted);
        if (unknown === 0 && atRisk === 0) expect(stored).toBe(accepted);
      },
    ),
    { numRuns: 300 },
  );
});

test("a store that falls back to an earlier state gets back what a dispatcher knows, and never more than was accepted", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.record({ writer: fc.nat(2), add: fc.integer({ min: 1, max: 9 }) }),
          fc.record({ backTo: fc.nat(9) }),
        ),
        { maxLength: 30 },
      ),
      async (steps) => {
        const versions: (Version | undefined)[] = [undefined];
        let accepted = 0;
        let shown: VideoTotals = NO_TOTALS;
        const wrong: string[] = [];
        const bucket: Bucket = new Bucket(
          [],
          (work) => work,
          (document) => {
            const likes = likesOf(document);
            if (likes > accepted) wrong.push(`${likes} stored of ${accepted} accepted`);
            const before = shown.counts.get("like") ?? 0;
            shown = joinTotals(shown, document.totals);
            if ((shown.counts.get("like") ?? 0) < before) wrong.push(`less than ${before} shown`);
          },
        );
        const three = [0, 1, 2].map(() => new Writer(bucket, 8));
        const known = [0, 0, 0];
        for (const one of steps) {
          if ("backTo" in one) {
            bucket.newest = versions[Math.min(one.backTo, versions.length - 1)];
            continue;
          }
          const writer = three[one.writer];
          if (writer === undefined) continue;
          accepted += one.add;
          writer.unstored += one.add;
          await writer.stop();
          versions.push(bucket.newest);
          const document = decodeTotalsDocument(bucket.newest?.value ?? new Uint8Array());
          const likes = document === undefined ? 0 : likesOf(document);
          // Whatever the store forgot meanwhile, this writer knew.
          expect(likes).toBeGreaterThanOrEqual((known[one.writer] ?? 0) + one.add);
          known[one.writer] = likes;
        }
        expect(wrong).toEqual([]);
      },
    ),
  );
});
