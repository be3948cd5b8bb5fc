import { runLoad } from "../control/load.ts";
import type { System } from "../control/system.ts";
import { installPeers, PeerMissing } from "../peers/install.ts";
import { PEERS, startPeer } from "../peers/peer.ts";
import { remarksOf } from "../report/figures.ts";
import type { Figure, LoadResult } from "../report/result.ts";
import {
  connectionsFor,
  newVideo,
  oneVideo,
  SAMPLE,
  type Scenario,
  stackOf,
  steady,
} from "./scenario.ts";

/** Likes delivered per CPU second of the servers, as a multiple of the peer's. */
const GOALS: Readonly<Record<string, number>> = {
  "socket.io": 10,
  ws: 7,
  "uWebSockets.js": 0.8,
  centrifuge: 3,
};

export const peers: Scenario = {
  name: "peers",
  question:
    "How does Ovation compare with what an engineer would otherwise take? The load of `likes` on Ovation, on Socket.IO over NATS, on Centrifuge over NATS, on plain ws and on uWebSockets.js alone, one after the other on the same machine with the same generator; --repeat interleaves them. What counts is how many likes were delivered per CPU second of the servers; where a server could not keep up, its deliveries are what it managed.",
  run: async (options, watcher) => {
    installPeers((text) => watcher.step(text));
    const viewers = options.viewers ?? 10_000;
    const rate = options.rate ?? 100;
    const warmUp = options.warmUpSeconds ?? 4;
    const seconds = options.seconds ?? 8;
    const loads: LoadResult[] = [];
    const starts: readonly (() => Promise<System>)[] = [
      () => stackOf(options, watcher),
      ...PEERS.map((peer) => () => startPeer(peer, (text) => watcher.step(text))),
    ];
    const skipped: string[] = [];
    for (const start of starts) {
      const system = await orSkipped(start, skipped);
      if (system === undefined) continue;
      const video = newVideo("peers");
      try {
        loads.push(
          await runLoad(
            system,
            {
              name: "likes",
              kind: "like",
              audiences: oneVideo(video, viewers),
              streams: [steady(video, "like", rate, warmUp + seconds)],
              warmUpMs: warmUp * 1_000,
              measureMs: seconds * 1_000,
              sample: options.sample ?? SAMPLE,
              publisherConnections: connectionsFor(rate),
            },
            watcher,
          ),
        );
      } finally {
        await system.stop();
      }
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

/** A system, or, where it can't be had on this machine, the reason among `skipped`. */
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
