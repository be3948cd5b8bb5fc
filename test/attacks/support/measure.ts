/**
 * The bounds of an attack: beside it, a well-behaved viewer's p99 stays below 50 ms, or twice its
 * quiet value where that is more, and the gateway's memory grows by less than 100 MB.
 *
 *     const target = await startTarget("tokens");
 *     await expectUnharmed("attempts", target, async (signal) => {
 *       while (!signal.aborted) await oneAttempt(target.port);
 *     });
 */
import { setTimeout as wait } from "node:timers/promises";
import { Bystander } from "./bystander.ts";
import type { Target } from "./target.ts";

/** Does its worst until the signal is aborted, and then returns soon. */
export type Attack = (signal: AbortSignal) => Promise<void>;

/** Round trips of the well-behaved viewer. */
interface RoundTrips {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly count: number;
}

/** What one attack did. */
export interface Measured {
  readonly quiet: RoundTrips;
  readonly attacked: RoundTrips;
  /** From before the attack to its peak. */
  readonly rssGrowthBytes: number;
  /** Errors that the well-behaved viewer got, and closes, by the attack or by us. */
  readonly faults: readonly string[];
}

const P99_BOUND_MS = 50;
const RSS_BOUND_BYTES = 100_000_000;
/** Other work on the machine can spoil a round; an attack that does harm spoils every one. */
const ROUNDS = 3;

function summary(ms: readonly number[]): RoundTrips {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ??
    Number.POSITIVE_INFINITY;
  return { p50Ms: at(0.5), p99Ms: at(0.99), count: sorted.length };
}

/**
 * Runs an attack beside a well-behaved viewer.
 * @param ms how long the viewer is alone first, and then how long the attack lasts
 */
export async function measure(target: Target, attack: Attack, ms = 2_000): Promise<Measured> {
  const bystander = await Bystander.start(target);
  const end = new AbortController();
  try {
    await bystander.take();
    await wait(ms);
    const quiet = await bystander.take();
    const attacking = attack(end.signal);
    await Promise.all([wait(ms), Promise.race([attacking, wait(ms)])]);
    const attacked = await bystander.take();
    end.abort();
    await attacking;
    return {
      quiet: summary(quiet.roundTripsMs),
      attacked: summary(attacked.roundTripsMs),
      rssGrowthBytes: attacked.rssPeakBytes - quiet.rssBytes,
      faults: [...quiet.faults, ...attacked.faults],
    };
  } finally {
    end.abort();
    await bystander.stop();
  }
}

/** Which bounds an attack broke; empty if none. */
export function brokenBounds({ quiet, attacked, rssGrowthBytes, faults }: Measured): string[] {
  const boundMs = Math.max(P99_BOUND_MS, 2 * quiet.p99Ms);
  const broken = [...new Set(faults)].map((fault) => `the bystander got ${fault}`);
  if (attacked.p99Ms > boundMs) {
    broken.push(`p99 ${attacked.p99Ms.toFixed(1)} ms > ${boundMs.toFixed(1)} ms`);
  }
  if (rssGrowthBytes > RSS_BOUND_BYTES) {
    broken.push(`RSS grew by ${(rssGrowthBytes / 1e6).toFixed(0)} MB`);
  }
  return broken;
}

/** One line for the output of a test run. */
function described(what: string, measured: Measured): string {
  const ms = ({ p50Ms, p99Ms, count }: RoundTrips) =>
    `p50 ${p50Ms.toFixed(1)} p99 ${p99Ms.toFixed(1)} ms (${count})`;
  const rss = `RSS ${(measured.rssGrowthBytes / 1e6).toFixed(0)} MB`;
  return `${what}: quiet ${ms(measured.quiet)}, attacked ${ms(measured.attacked)}, ${rss}`;
}

/**
 * Measures an attack up to three times, until one round keeps the bounds, and prints each.
 * @param what the attack's name
 * @throws Error with the broken bounds when none did
 */
export async function expectUnharmed(
  what: string,
  target: Target,
  attack: Attack,
  ms?: number,
): Promise<Measured> {
  let broken: readonly string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const measured = await measure(target, attack, ms);
    process.stderr.write(`${described(`${what} (${target.access})`, measured)}\n`);
    broken = brokenBounds(measured);
    if (broken.length === 0) return measured;
  }
  throw new Error(`${what} (${target.access}): ${broken.join(", ")}`);
}
