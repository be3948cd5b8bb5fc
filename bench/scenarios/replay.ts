import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runLoad } from "../control/load.ts";
import { play, readRecording } from "../recordings/recording.ts";
import { figuresOf, noneLost, remarksOf } from "../report/figures.ts";
import { newVideo, oneVideo, SAMPLE, type Scenario, systemOf } from "./scenario.ts";

const MATCH = join(import.meta.dirname, "..", "recordings", "match.json");
/** Many viewers may like at once: enough connections that none has too many publishes in flight. */
const CONNECTIONS = 40;

export const replay: Scenario = {
  name: "replay",
  question:
    "How does a recorded audience fare, with its arrivals, likes, comments and departures? By default a synthetic match with three goals, a minute in a second; --replay FILE plays another recording, --speed 2 plays twice as fast, and --viewers sets the largest number of viewers. Likes are measured; comments are only load.",
  run: async (options, watcher) => {
    const recording = readRecording(options.replay ?? MATCH);
    const most = Math.max(...recording.points.map((point) => point.viewers));
    const scale = options.viewers === undefined ? 1 : options.viewers / most;
    const video = newVideo("replay");
    const played = play(recording, video, options.speed, scale);
    const system = await systemOf(options, watcher);
    try {
      const load = await runLoad(
        system,
        {
          name: "replay",
          kind: "like",
          audiences: oneVideo(video, played.first),
          everOpened: played.everOpened,
          streams: played.streams,
          warmUpMs: 0,
          measureMs: played.seconds * 1_000,
          sample: Math.min(options.sample ?? SAMPLE, Math.ceil(played.everOpened / 10)),
          publisherConnections: CONNECTIONS,
          during: async (fleet) => {
            const began = performance.now();
            for (const { atMs, viewers } of played.moves) {
              await wait(Math.max(0, began + atMs - performance.now()));
              const moving = oneVideo(video, Math.abs(viewers));
              if (viewers > 0) await fleet.open(moving, { atATime: 200, reconnects: false });
              else await fleet.leave(moving);
            }
          },
        },
        watcher,
      );
      const remarks = [
        recording.about,
        "only viewers that stayed from beginning to end are checked for losses; all are checked for repeats",
      ];
      return {
        figures: figuresOf(load, noneLost).filter(({ name }) => name !== "unjudged viewers"),
        loads: [load],
        remarks: [...remarks, ...remarksOf(load)],
      };
    } finally {
      await system.stop();
    }
  },
};
