import { remarksOf } from "../report/figures.ts";
import type { Figure, LoadResult } from "../report/result.ts";
import type { Scenario } from "./scenario.ts";
import { runOnly, steadyPlan } from "./steady-load.ts";
import {
  type Contestant,
  chosenPeers,
  isChosen,
  OVATION,
  orSkipped,
  ovationWith,
} from "./systems.ts";

const LOAD = { viewers: 2_000, rate: 20, warmUpSeconds: 3, seconds: 8 } as const;
/** The peer that does least for each message. */
const LEANEST = "uWebSockets.js";
/** Goals, as shares: of the leanest peer's economy with one gateway, and of that with a second. */
const GOAL = { one: 0.95, two: 0.9 } as const;

export const economy: Scenario = {
  name: "economy",
  question:
    "What does a delivery cost at a load that every server carries on time? 20 likes a second to 2,000 viewers of one video, with Ovation and each peer; Ovation with one gateway and one dispatcher, and with two of each, as the peers have one process that holds viewers or two. The figure is deliveries per CPU second of the servers, NATS and dispatchers included.",
  run: async (options, watcher) => {
    const loads: LoadResult[] = [];
    const skipped: string[] = [];
    const ovation = isChosen(OVATION, options)
      ? [1, 2].map((processes) => ovationWith(options, watcher, processes))
      : [];
    const found = new Map<string, number>();
    for (const contestant of [...ovation, ...chosenPeers(options, watcher)]) {
      const name = nameOf(contestant);
      const plan = steadyPlan({ name, kind: "like", ...LOAD }, options);
      const load = await orSkipped(
        async () => await runOnly(await contestant.start(), plan, watcher),
        skipped,
      );
      if (load === undefined) continue;
      loads.push(load);
      found.set(name, load.deliveriesPerServerCpuSecond);
    }
    const remarks = loads.flatMap((load) =>
      remarksOf(load).map((remark) => `${load.name}: ${remark}`),
    );
    return { figures: figuresOf(loads, found), loads, remarks: [...skipped, ...remarks] };
  },
};

function nameOf({ name, processes }: Pick<Contestant, "name" | "processes">): string {
  return `${name}, ${processes} ${processes === 1 ? "process" : "processes"}`;
}

function figuresOf(
  loads: readonly LoadResult[],
  found: ReadonlyMap<string, number>,
): readonly Figure[] {
  const [one, two] = [1, 2].map((processes) => found.get(nameOf({ name: OVATION, processes })));
  const leanest = found.get(nameOf({ name: LEANEST, processes: 1 }));
  const share = (name: string, part?: number, whole?: number, least = 0): Figure[] =>
    part === undefined || whole === undefined || whole === 0
      ? []
      : [
          {
            name,
            unit: "times",
            value: part / whole,
            better: "higher",
            goal: { relation: "≥", value: least },
          },
        ];
  return [
    ...loads.flatMap(({ name, latency, exactness, deliveriesPerServerCpuSecond }): Figure[] => [
      {
        name: `${name}: deliveries per CPU second`,
        unit: "of the servers",
        value: deliveriesPerServerCpuSecond,
        better: "higher",
      },
      { name: `${name}: latency p99`, unit: "ms", value: latency.p99, better: "lower" },
      { name: `${name}: lost`, unit: "deliveries", value: exactness.lost, better: "exact" },
    ]),
    ...share(`one gateway against ${LEANEST}`, one, leanest, GOAL.one),
    ...share("two gateways against one", two, one, GOAL.two),
  ];
}
