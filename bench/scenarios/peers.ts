import type { System } from "../control/system.ts";
import { installPeers, PeerMissing } from "../peers/install.ts";
import { PEERS, startPeer } from "../peers/peer.ts";
import { remarksOf } from "../report/figures.ts";
import type { Figure, LoadResult } from "../report/result.ts";
import { type Scenario, stackOf } from "./scenario.ts";
import { runOnly, steadyPlan } from "./steady-load.ts";

/** Goals: likes delivered per CPU second of the servers, as a multiple of the peer's. */
const GOALS: Readonly<Record<string, number>> = {
  "socket.io": 10,
  ws: 7,
  "uWebSockets.js": 0.8,
  centrifuge: 3,
};

export const peers: Scenario = {
  name: "peers",
  question:
    "How does Ovation compare with what an engineer would otherwise use? The load of `likes` on Ovation, on Socket.IO over NATS, on Centrifuge over NATS, on plain ws and on uWebSockets.js alone, one after the other on the same machine with the same generator; --repeat interleaves them. The main figure is how many likes were delivered per CPU second of the servers; for a server that could not keep up, these are the deliveries that it managed.",
  run: async (options, watcher) => {
    installPeers((text) => watcher.step(text));
    const loads: LoadResult[] = [];
    const starts: readonly (() => Promise<System>)[] = [
      () => stackOf(options, watcher),
      ...PEERS.map((peer) => () => startPeer(peer, (text) => watcher.step(text))),
    ];
    const skipped: string[] = [];
    for (const start of starts) {
      const system = await orSkipped(start, skipped);
      if (system === undefined) continue;
      const steady = { viewers: 10_000, rate: 100, warmUpSeconds: 4, seconds: 8 };
      const plan = steadyPlan({ name: "likes", kind: "like", ...steady }, options);
      loads.push(await runOnly(system, plan, watcher));
    }
    const own = loads[0]?.deliveriesPerServerCpuSecond ?? 0;
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
        ...(goal === undefined || deliveriesPerServerCpuSecond === 0
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

/** Starts a system; if this machine can't run it, adds the reason to `skipped`. */
async function orSkipped(
  start: () => Promise<System>,
  skipped: string[],
): Promise<System | undefined> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    skipped.push(error.message);
    return undefined;
  }
}
