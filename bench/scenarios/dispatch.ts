import { coresText, measured } from "../control/measured.ts";
import { type StandIn, standInGateway } from "../control/stand-in-gateway.ts";
import { type RequestsGenerator, startRequests } from "../control/start-requests.ts";
import { percentilesOf, unpacked } from "../latency.ts";
import type { Figure } from "../report/result.ts";
import { type Scenario, stackOf } from "./scenario.ts";

const VIDEOS = 100;
/** Enough requests in flight that none of the three processes ever waits for another. */
const IN_FLIGHT = 8_000;
const WARM_UP_MS = 2_000;
const GOAL = 50_000;

export const dispatch: Scenario = {
  name: "dispatch",
  question:
    "How many publish requests a second does one dispatcher process carry, and how long does each take at half of that? Requests are sent over NATS as a gateway sends them, each a single like on one of 100 videos, and each is answered; all videos have one gateway, a stand-in that has rows in the table but does not listen. First as many requests as are answered, then a fixed schedule at half of that rate.",
  run: async (options, watcher) => {
    const measureMs = (options.seconds ?? 8) * 1_000;
    const phases = { warmUpMs: WARM_UP_MS, measureMs };
    const videos = Array.from({ length: options.videos ?? VIDEOS }, (_, index) => `video-${index}`);
    const stack = await stackOf(options, watcher, { gateways: 0, dispatchers: 1 });
    let generator: RequestsGenerator | undefined;
    let standIn: StandIn | undefined;
    try {
      standIn = await standInGateway(stack.natsUrlAs("gateway"), videos);
      const requests = await startRequests(stack, videos);
      generator = requests;
      const processes = [
        ...stack.processes,
        { kind: "generator", name: "requests", pid: requests.pid },
      ];
      watcher.step("as many requests as are answered");
      const full = await measured(processes, phases, () =>
        requests.request("saturate", { inFlight: IN_FLIGHT, ...phases }),
      );
      const rate = options.rate ?? full.requested.perSecond / 2;
      watcher.step(`${Math.round(rate)} per second, by schedule`);
      const half = await measured(processes, phases, () =>
        requests.request("steady", { perSecond: rate, ...phases }),
      );
      const times = percentilesOf(unpacked([half.requested.times]));
      const late = percentilesOf(unpacked([half.requested.lateness]));
      const dispatcher = full.cores["dispatcher"] ?? 0;
      const figures: Figure[] = [
        {
          name: "requests",
          unit: "/s",
          value: full.requested.perSecond,
          better: "higher",
          goal: { relation: "≥", value: GOAL },
        },
        {
          name: "requests per CPU second",
          unit: "of the dispatcher",
          value: full.requested.perSecond / Math.max(0.01, dispatcher),
          better: "higher",
        },
        { name: "rate at half", unit: "/s", value: half.requested.perSecond, better: "neither" },
        { name: "answered p50 at half", unit: "ms", value: times.p50, better: "lower" },
        { name: "answered p99 at half", unit: "ms", value: times.p99, better: "lower" },
        { name: "answered p99.9 at half", unit: "ms", value: times.p999, better: "lower" },
        { name: "refused", unit: "", value: half.requested.refused, better: "exact" },
        { name: "unanswered", unit: "", value: half.requested.unanswered, better: "exact" },
      ];
      const remarks = [
        `cores used at full load: ${coresText(full.cores)}`,
        `cores used at half load: ${coresText(half.cores)}`,
        `at half load, 1 % of the batches of requests were sent more than ${late.p99.toFixed(1)} ms late`,
      ];
      if (dispatcher < 0.9) {
        remarks.push(
          "LIMIT: the dispatcher was not at full load: the rate is limited by NATS, by the generator or by the machine's cores, and a dispatcher alone can do more",
        );
      }
      return { figures, loads: [], remarks };
    } finally {
      await standIn?.stop();
      await generator?.stop();
      await stack.stop();
    }
  },
};
