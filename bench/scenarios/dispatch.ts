import { setTimeout as wait } from "node:timers/promises";
import type { Requested } from "../control/messages.ts";
import { usageOf } from "../control/proc.ts";
import { type StandIn, standInGateway } from "../control/stand-in-gateway.ts";
import { type RequestsGenerator, startRequests } from "../control/start-requests.ts";
import type { ServerProcess } from "../control/system.ts";
import { percentilesOf, unpacked } from "../latency.ts";
import type { Figure } from "../report/result.ts";
import { type Scenario, stackOf } from "./scenario.ts";

const VIDEOS = 100;
/** Enough requests in flight that none of the three processes ever waits for another. */
const IN_FLIGHT = 8_000;
const WARM_UP_MS = 2_000;
const GOAL = 50_000;

interface Measured {
  readonly requested: Requested;
  /** Cores used, by process. */
  readonly cores: Readonly<Record<string, number>>;
}

/** Does the work, and returns how many cores each process used in the measured part. */
async function measured(
  processes: readonly ServerProcess[],
  measureMs: number,
  work: () => Promise<Requested>,
): Promise<Measured> {
  const use = () => processes.map(({ pid }) => usageOf(pid).cpuSeconds);
  const working = work();
  await wait(WARM_UP_MS);
  const before = use();
  const began = performance.now();
  await wait(measureMs);
  const seconds = (performance.now() - began) / 1_000;
  const after = use();
  const requested = await working;
  const cores = processes.map(({ kind }, index) => [
    kind,
    ((after[index] ?? 0) - (before[index] ?? 0)) / seconds,
  ]);
  return { requested, cores: Object.fromEntries(cores) };
}

function coresText(cores: Readonly<Record<string, number>>): string {
  return Object.entries(cores)
    .map(([kind, used]) => `${kind} ${used.toFixed(2)}`)
    .join(", ");
}

export const dispatch: Scenario = {
  name: "dispatch",
  question:
    "How many publish requests a second does one dispatcher process carry, and how long does each take at half of that? Requests are sent over NATS as a gateway sends them, each a single like on one of 100 videos, and each is answered; all videos have one gateway, a stand-in that has rows in the table but does not listen. First as many requests as are answered, then a fixed schedule at half of that rate.",
  run: async (options, watcher) => {
    const measureMs = (options.seconds ?? 8) * 1_000;
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
      const full = await measured(processes, measureMs, () =>
        requests.request("saturate", { inFlight: IN_FLIGHT, warmUpMs: WARM_UP_MS, measureMs }),
      );
      const rate = options.rate ?? full.requested.perSecond / 2;
      watcher.step(`${Math.round(rate)} per second, by schedule`);
      const half = await measured(processes, measureMs, () =>
        requests.request("steady", { perSecond: rate, warmUpMs: WARM_UP_MS, measureMs }),
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
