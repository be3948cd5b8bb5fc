import { coresText, measured } from "../control/measured.ts";
import { startRequests } from "../control/start-requests.ts";
import type { Figure } from "../report/result.ts";
import { type Scenario, stackOf } from "./scenario.ts";

const DISPATCHERS = [1, 2, 4] as const;
const VIDEO = "hot";
/** Enough that the dispatchers' records are full. */
const IN_FLIGHT = 4_000;
const WARM_UP_MS = 4_000;

export const hotComments: Scenario = {
  name: "hot-comments",
  question:
    "How many comments a second are stored of one video, and does it become fewer with more dispatchers, which store in one chain? Comments are sent over NATS as a gateway sends them, each in a request of its own, and each is answered when it is stored; as many as are answered, with one, two and four dispatchers.",
  run: async (options, watcher) => {
    const phases = { warmUpMs: WARM_UP_MS, measureMs: (options.seconds ?? 8) * 1_000 };
    const figures: Figure[] = [];
    const remarks: string[] = [];
    for (const dispatchers of DISPATCHERS) {
      const name = `${dispatchers} dispatchers`;
      const stack = await stackOf(options, watcher, { gateways: 0, dispatchers });
      const requests = await startRequests(stack, [VIDEO], "comments");
      try {
        watcher.step(name);
        const { requested, cores } = await measured(stack.processes, phases, () =>
          requests.request("saturate", { inFlight: IN_FLIGHT, ...phases }),
        );
        const { perSecond, refused, unanswered } = requested;
        figures.push(
          { name: `${name}: comments`, unit: "/s", value: perSecond, better: "higher" },
          { name: `${name}: refused`, unit: "", value: refused, better: "exact" },
          { name: `${name}: unanswered`, unit: "", value: unanswered, better: "exact" },
        );
        remarks.push(`${name}: cores used: ${coresText(cores)}`);
      } finally {
        await requests.stop();
        await stack.stop();
      }
    }
    return { figures, loads: [], remarks };
  },
};
