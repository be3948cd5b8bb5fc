import { remarksOf } from "../report/figures.ts";
import type { Figure, LoadResult } from "../report/result.ts";
import type { Scenario } from "./scenario.ts";
import { runOnly, steadyPlan } from "./steady-load.ts";
import { chosenPeers, isChosen, OVATION, orSkipped, ovationWith } from "./systems.ts";

/** Goals: likes delivered per CPU second of the servers, as a multiple of the peer's. */
const GOALS: Readonly<Record<string, number>> = {
  "socket.io": 10,
  ws: 7,
  "uWebSockets.js": 0.8,
  centrifugo: 3,
};

export const peers: Scenario = {
  name: "peers",
  question:
    "How does Ovation compare with what an engineer would otherwise use? The load of `likes` on Ovation, on Socket.IO over NATS, on Centrifugo over NATS, on plain ws and on uWebSockets.js alone, one after the other on the same machine with the same generator; --repeat interleaves them. The main figure is how many likes were delivered per CPU second of the servers; for a server that could not keep up, these are the deliveries that it managed.",
  run: async (options, watcher) => {
    const loads: LoadResult[] = [];
    const skipped: string[] = [];
    const ovation = isChosen(OVATION, options) ? [ovationWith(options, watcher)] : [];
    for (const { start } of [...ovation, ...chosenPeers(options, watcher)]) {
      const system = await orSkipped(start, skipped);
      if (system === undefined) continue;
      const steady = { viewers: 10_000, rate: 100, warmUpSeconds: 4, seconds: 8 };
      const plan = steadyPlan({ name: "likes", kind: "like", ...steady }, options);
      loads.push(await runOnly(system, plan, watcher));
    }
    const own = loads.find(({ system }) => system === OVATION)?.deliveriesPerServerCpuSecond ?? 0;
    const figures = loads.flatMap((load): Figure[] => {
      const { system, latency, exactness, deliveriesPerServerCpuSecond } = load;
      const goal = GOALS[system];
      return [
        {
          name: `${system}: deliveries`,
          unit: "/s",
          value: load.deliveriesPerSecond,
          better: "higher",
        },
        { name: `${system}: latency p50`, unit: "ms", value: latency.p50, better: "lower" },
        { name: `${system}: latency p99`, unit: "ms", value: latency.p99, better: "lower" },
        {
          name: `${system}: not delivered`,
          unit: "deliveries",
          value: exactness.lost,
          better: "lower",
        },
        {
          name: `${system}: deliveries per CPU second`,
          unit: "of the servers",
          value: deliveriesPerServerCpuSecond,
          better: "higher",
        },
        ...(goal === undefined || own === 0 || deliveriesPerServerCpuSecond === 0
          ? []
          : [
              {
                name: `ovation against ${system}`,
                unit: "times",
                value: own / Math.max(1, deliveriesPerServerCpuSecond),
                better: "higher",
                goal: { relation: "≥", value: goal },
              } as const,
            ]),
      ];
    });
    const remarks = loads.flatMap((load) =>
      remarksOf(load).map((remark) => `${load.system}: ${remark}`),
    );
    return { figures, loads, remarks: [...skipped, ...remarks] };
  },
};
