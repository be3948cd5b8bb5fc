/**
 * The bounds of an attack: beside it and after it, a well-behaved viewer's p99 stays below 50 ms, or
 * twice its quiet value where that is more, and the gateway's memory grows by less than 100 MB.
 *
 *     const target = await startTarget("tokens");
 *     await expectUnharmed("attempts", target, async (signal) => {
 *       while (!signal.aborted) await oneAttempt(target.port);
 *     });
 *
 * The gateway, its viewer and the attack are processes of their own. They share this machine, as
 * they would not elsewhere; so the attack gets what the others leave of the cores: what is measured
 * is the gateway's work, not the lack of a core.
 */
import { setPriority } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { Bystander, type Sample } from "./bystander.ts";
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
  /** Once the attack has ended. */
  readonly after: RoundTrips;
  /** From before the attack to its peak. */
  readonly rssGrowthBytes: number;
  /** How much of a core the gateway used under the attack. */
  readonly cores: number;
  /** Errors that the well-behaved viewer got, and closes, by the attack or by us. */
  readonly faults: readonly string[];
}

const P99_BOUND_MS = 50;
const RSS_BOUND_BYTES = 100_000_000;
/** Other work on the machine can spoil a round; an attack that does harm spoils every one. */
const ROUNDS = 3;
/** Of the attack's thread: about a tenth of the others' weight where they want the same core. */
const NICE = 10;
const NORMAL = 0;

function summary({ roundTripsMs }: Sample): RoundTrips {
  const sorted = roundTripsMs.toSorted((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ??
    Number.POSITIVE_INFINITY;
  return { p50Ms: at(0.5), p99Ms: at(0.99), count: sorted.length };
}

/**
 * Runs an attack beside a well-behaved viewer.
 * @param ms how long the attack lasts; the viewer is alone for as long before, and half of it after
 */
export async function measure(target: Target, attack: Attack, ms = 1_500): Promise<Measured> {
  const bystander = await Bystander.start(target);
  const end = new AbortController();
  try {
    await bystander.take();
    await wait(ms);
    const quiet = await bystander.take();
    setPriority(NICE);
    const beganAt = performance.now();
    const attacking = attack(end.signal);
    await Promise.all([wait(ms), Promise.race([attacking, wait(ms)])]);
    const attacked = await bystander.take();
    const lastedMs = performance.now() - beganAt;
    end.abort();
    await attacking;
    await bystander.take();
    await wait(ms / 2);
    const after = await bystander.take();
    return {
      quiet: summary(quiet),
      attacked: summary(attacked),
      after: summary(after),
      rssGrowthBytes: attacked.rssPeakBytes - quiet.rssBytes,
      cores: (attacked.cpuMs - quiet.cpuMs) / lastedMs,
      faults: [...quiet.faults, ...attacked.faults, ...after.faults],
    };
  } finally {
    end.abort();
    restorePriority();
    await bystander.stop();
  }
}

/** Only root may: otherwise what follows is done with the attack's priority too. */
function restorePriority(): void {
  try {
    setPriority(NORMAL);
  } catch {
    return;
  }
}

/** Which bounds an attack broke; empty if none. */
export function brokenBounds(measured: Measured): string[] {
  const { quiet, attacked, after, rssGrowthBytes, faults } = measured;
  const boundMs = Math.max(P99_BOUND_MS, 2 * quiet.p99Ms);
  const broken = [...new Set(faults)].map((fault) => `the bystander got ${fault}`);
  for (const [when, { p99Ms }] of Object.entries({ attacked, after })) {
    if (p99Ms > boundMs) {
      broken.push(`p99 ${when} ${p99Ms.toFixed(1)} ms > ${boundMs.toFixed(1)} ms`);
    }
  }
  if (rssGrowthBytes > RSS_BOUND_BYTES) {
    broken.push(`RSS grew by ${(rssGrowthBytes / 1e6).toFixed(0)} MB`);
  }
  return broken;
}

/** One line for the output of a test run. */
function described(what: string, measured: Measured): string {
  const times = ({ p50Ms, p99Ms }: RoundTrips) => `${p50Ms.toFixed(1)}/${p99Ms.toFixed(1)}`;
  const { quiet, attacked, after, cores, rssGrowthBytes } = measured;
  const rounds = `quiet ${times(quiet)}, attacked ${times(attacked)}, after ${times(after)}`;
  const used = `${cores.toFixed(2)} cores, RSS ${(rssGrowthBytes / 1e6).toFixed(0)} MB`;
  return `${what}: p50/p99 ms ${rounds}; gateway ${used}`;
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
