import { figuresOf, noneLost, remarksOf } from "../report/figures.ts";
import {
  connectionsFor,
  newVideo,
  SAMPLE,
  type Scenario,
  steady,
  systemOf,
  WARM_UP_SECONDS,
} from "./scenario.ts";
import { runOnly } from "./steady-load.ts";
import { zipf } from "./zipf.ts";

export const manyVideos: Scenario = {
  name: "many-videos",
  question:
    "Does performance hold up when the same viewers are spread over many videos, so that few of them share a frame? 10,000 viewers over 1,000 videos, the first with about 1,300 and most with one (Zipf), and 1,000 likes a second with the same distribution.",
  run: async (options, watcher) => {
    const viewers = options.viewers ?? 10_000;
    const videos = options.videos ?? 1_000;
    const rate = options.rate ?? 1_000;
    const warmUp = options.warmUpSeconds ?? WARM_UP_SECONDS;
    const seconds = options.seconds ?? 15;
    const prefix = newVideo("many");
    const sizes = zipf(viewers, videos);
    const events = zipf(rate * (warmUp + seconds), videos);
    const audiences = sizes.flatMap((size, index) =>
      size === 0 ? [] : [{ video: `${prefix}-${index}`, viewers: size }],
    );
    const streams = events.flatMap((count, index) => {
      const perSecond = count / (warmUp + seconds);
      return count === 0 || sizes[index] === 0
        ? []
        : [steady(`${prefix}-${index}`, "like", perSecond, warmUp + seconds)];
    });
    const plan = {
      name: "many-videos",
      kind: "like",
      audiences,
      streams,
      warmUpMs: warmUp * 1_000,
      measureMs: seconds * 1_000,
      sample: options.sample ?? SAMPLE,
      publisherConnections: connectionsFor(rate),
    };
    const load = await runOnly(await systemOf(options, watcher), plan, watcher);
    return { figures: figuresOf(load, noneLost), loads: [load], remarks: remarksOf(load) };
  },
};
