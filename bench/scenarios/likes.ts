import { runLoad } from "../control/load.ts";
import { figuresOf, type Goals, noneLost, remarksOf } from "../report/figures.ts";
import {
  connectionsFor,
  newVideo,
  oneVideo,
  SAMPLE,
  type Scenario,
  steady,
  systemOf,
  WARM_UP_SECONDS,
} from "./scenario.ts";

const goalsAt = (viewers: number): Goals =>
  viewers >= 10_000
    ? {
        ...noneLost,
        "latency p90": { relation: "≤", value: 75 },
        "latency p99": { relation: "≤", value: 150 },
      }
    : { ...noneLost, "latency p99": { relation: "≤", value: viewers <= 1_000 ? 10 : 150 } };

export const likes: Scenario = {
  name: "likes",
  question:
    "How long does a like take to everybody who watches, and what does it cost, when one video has a large audience that likes it steadily? 100 likes a second, each sent by itself over a WebSocket, to 10,000 viewers of one video: a million deliveries a second through two gateways and two dispatchers.",
  run: async (options, watcher) => {
    const viewers = options.viewers ?? 10_000;
    const rate = options.rate ?? 100;
    const warmUp = options.warmUpSeconds ?? WARM_UP_SECONDS;
    const seconds = options.seconds ?? 20;
    const video = newVideo("likes");
    const system = await systemOf(options, watcher);
    try {
      const load = await runLoad(
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
      );
      return {
        figures: figuresOf(load, goalsAt(viewers)),
        loads: [load],
        remarks: remarksOf(load),
      };
    } finally {
      await system.stop();
    }
  },
};
