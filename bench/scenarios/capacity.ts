import type { Watcher } from "../control/load.ts";
import { remarksOf } from "../report/figures.ts";
import type { Figure, LoadResult } from "../report/result.ts";
import type { Options, Scenario } from "./scenario.ts";
import { highestRate } from "./search.ts";
import { runOnly, steadyPlan } from "./steady-load.ts";
import {
  type Contestant,
  chosenPeers,
  isChosen,
  OVATION,
  orSkipped,
  ovationWith,
} from "./systems.ts";

/** The service level that a rate must keep. */
const P99_MS = 150;
/**
 * All that was published must be there this long after the last of it. Most viewers are read late by
 * the generator itself, so what a server has not sent yet shows in the latency of the others.
 */
const SETTLED_MS = 10_000;
const VIEWERS = 2_000;
const LOAD = { warmUpSeconds: 2, seconds: 5, sample: 100 } as const;
const BOUNDS = { least: 5, most: 60_000 };

/** Ovation where viewers get every like as an event of its own, and none as a count. */
const EVERY_EVENT = `${OVATION}-every-event`;
const EVERY_EVENT_FLAGS = {
  gatewayFlags: ["--frame-events=10000"],
  dispatcherFlags: ["--fanout-window-ms=0"],
} as const;
/** Goals on two cores, in likes a second. */
const GOAL: Readonly<Record<string, number>> = { [OVATION]: 20_000, [EVERY_EVENT]: 2_000 };
/** How many times a peer's rate Ovation should carry with counts. */
const GOALS: Readonly<Record<string, number>> = {
  ws: 250,
  "socket.io": 250,
  centrifugo: 100,
  "uWebSockets.js": 25,
};
/** Where the search begins. */
const FROM: Readonly<Record<string, number>> = { "uWebSockets.js": 400, centrifugo: 100 };

export const capacity: Scenario = {
  name: "capacity",
  question:
    "How many likes a second does each server carry to 2,000 viewers of one video, within one service level? The same search for Ovation and each peer: the highest rate at which 99 % arrive within 150 ms, none is lost or shown twice, none is refused, and nothing is behind at the end. Ovation twice: as it comes, with exact counts instead of some events, and with every like as an event of its own. --system names one or more of them.",
  run: async (options, watcher) => {
    const found: { readonly name: string; readonly rate: number }[] = [];
    const loads: LoadResult[] = [];
    const remarks: string[] = [];
    const search = async (contestant: Contestant, name: string, mode: Mode) => {
      const outcome = await orSkipped(
        () => capacityOf(contestant, mode, options, watcher),
        remarks,
      );
      if (outcome === undefined) return;
      found.push({ name, rate: outcome.rate });
      loads.push(...outcome.tried);
      remarks.push(...outcome.tried.map((load) => lineOf(name, load, mode)));
      const best = outcome.tried.find(({ name: rate }) => rate === nameOf(outcome.rate));
      if (best !== undefined) remarks.push(...remarksOf(best).map((text) => `${name}: ${text}`));
    };
    if (isChosen(OVATION, options)) {
      const counts = { from: 8_000, isCountingAllowed: true };
      await search(ovationWith(options, watcher), OVATION, counts);
    }
    if (isChosen(EVERY_EVENT, options)) {
      const every = {
        ...options,
        gatewayFlags: [...EVERY_EVENT_FLAGS.gatewayFlags, ...options.gatewayFlags],
        dispatcherFlags: [...EVERY_EVENT_FLAGS.dispatcherFlags, ...options.dispatcherFlags],
      };
      const each = { from: 800, isCountingAllowed: false };
      await search(ovationWith(every, watcher), EVERY_EVENT, each);
    }
    for (const peer of chosenPeers(options, watcher)) {
      await search(peer, peer.name, { from: FROM[peer.name] ?? 50, isCountingAllowed: false });
    }
    return { figures: figuresOf(found), loads, remarks };
  },
};

interface Mode {
  /** Where the search begins. */
  readonly from: number;
  /** Whether likes may arrive as exact counts. */
  readonly isCountingAllowed: boolean;
}

function nameOf(rate: number): string {
  return `${rate} likes/s`;
}

async function capacityOf(
  contestant: Contestant,
  mode: Mode,
  options: Options,
  watcher: Watcher,
): Promise<{ readonly rate: number; readonly tried: readonly LoadResult[] }> {
  const tried: LoadResult[] = [];
  // A new system for each rate, so that none suffers from what the one before left behind.
  const carries = async (rate: number) => {
    const load = { name: nameOf(rate), kind: "like", viewers: VIEWERS, rate, ...LOAD };
    const plan = steadyPlan(load, { ...options, rate: undefined });
    const result = await runOnly(await contestant.start(), plan, watcher);
    tried.push(result);
    watcher.step(lineOf(contestant.name, result, mode));
    return missOf(result, mode) === undefined;
  };
  const from = options.rate ?? mode.from;
  return { rate: await highestRate({ ...BOUNDS, from }, carries), tried };
}

/** Why a load misses the service level; undefined if it keeps it. */
function missOf(load: LoadResult, { isCountingAllowed }: Mode): string | undefined {
  const { latency, exactness, published, settledMs } = load;
  const wrong = exactness.lost + exactness.twice + exactness.surplus + exactness.unjudged;
  if (wrong > 0) return `${wrong} deliveries wrong or not known`;
  if (published.accepted < published.sent) {
    return `${published.sent - published.accepted} not accepted`;
  }
  if (latency.p99 > P99_MS) return `p99 ${latency.p99.toFixed(0)} ms`;
  if (settledMs > SETTLED_MS) return `all there only after ${(settledMs / 1_000).toFixed(1)} s`;
  const counted = exactness.countedOnly;
  return isCountingAllowed || counted === 0 ? undefined : `${counted} only counted`;
}

function lineOf(name: string, load: LoadResult, mode: Mode): string {
  const { latency, cpuSeconds, measuredSeconds } = load;
  const cores = Object.entries(cpuSeconds).map(
    ([kind, used]) => `${kind} ${(used / measuredSeconds).toFixed(2)}`,
  );
  const outcome = missOf(load, mode) ?? "carried";
  const times = `p50 ${latency.p50.toFixed(0)} ms, p99 ${latency.p99.toFixed(0)} ms`;
  return `${name} at ${load.name}: ${outcome}; ${times}; cores: ${cores.join(", ")}`;
}

function figuresOf(found: readonly { readonly name: string; readonly rate: number }[]): Figure[] {
  const counts = found.find(({ name }) => name === OVATION)?.rate;
  return found.flatMap(({ name, rate }): Figure[] => {
    const least = GOAL[name];
    const goal = GOALS[name];
    return [
      {
        name: `${name}: capacity`,
        unit: "likes/s",
        value: rate,
        better: "higher",
        ...(least === undefined ? {} : { goal: { relation: "≥", value: least } as const }),
      },
      ...(goal === undefined || counts === undefined || rate === 0
        ? []
        : [
            {
              name: `ovation against ${name}`,
              unit: "times",
              value: counts / rate,
              better: "higher",
              goal: { relation: "≥", value: goal },
            } as const,
          ]),
    ];
  });
}
