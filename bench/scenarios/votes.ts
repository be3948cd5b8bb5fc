import { Bus } from "../../shared/bus/connection.ts";
import { encodeCommand, resultOf } from "../../shared/protocol/commands.ts";
import { DEFAULT_PARTITIONS, partitionOf } from "../../shared/protocol/partitions.ts";
import { gatewayCommandSubject } from "../../shared/protocol/subjects.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { coresText, measured } from "../control/measured.ts";
import type { Requested } from "../control/messages.ts";
import { usageOf } from "../control/proc.ts";
import { type StandIn, standInGateway } from "../control/stand-in-gateway.ts";
import { type RequestsGenerator, startRequests } from "../control/start-requests.ts";
import { percentilesOf, unpacked } from "../latency.ts";
import type { Figure } from "../report/result.ts";
import { type Scenario, stackOf } from "./scenario.ts";

const VIDEO = "votes";
const POLL = "mvp";
/** For the memory: by then the dispatchers have what any load takes. */
const LARGE_POLL = "goal";
const QUESTION = { question: "Who was best?", choices: ["Ada", "Bo", "Cy", "Di"] };
/** Enough requests in flight that the dispatchers' records are full. */
const IN_FLIGHT = 4_000;
const WARM_UP_MS = 2_000;
const ROUND = { warmUpMs: 0, measureMs: 1_000 };
const GOAL = 20_000;
/** Votes after which the memory is read. */
const VOTES = 1_000_000;
const MEMORY_GOAL_MIB = 64;
const REQUEST_TIMEOUT_MS = 30_000;
const MIB = 1_048_576;

/** Creates a poll, or ends it now; returns how many votes it has. */
async function putPoll(bus: Bus, poll: string, closesAt?: number): Promise<number> {
  const input = { ...QUESTION, poll, changeable: false, results: "live" } as const;
  const command = encodeCommand(
    "poll.put",
    closesAt === undefined ? input : { ...input, closesAt },
  );
  const answer = await bus.request(
    gatewayCommandSubject(partitionOf(VIDEO, DEFAULT_PARTITIONS), VIDEO),
    command,
    REQUEST_TIMEOUT_MS,
  );
  return resultOf("poll.put", answer).poll.total;
}

/** Ends a poll, and compares its tally with what was acknowledged. */
async function settle(bus: Bus, poll: string, { sent, refused, unanswered }: Requested) {
  const counted = await putPoll(bus, poll, Date.now());
  return { counted, refused, unanswered, lost: Math.max(0, sent - refused - unanswered - counted) };
}

export const votes: Scenario = {
  name: "votes",
  question:
    "How many votes a second do two dispatchers count in one poll, how long does each take at half of that, and how much memory do a million take? Votes are sent over NATS as a gateway sends them, each by another actor and in a request of its own, and each is answered when it is stored. First as many as are answered, then a fixed schedule at half of that rate, and then a million in another poll. Each poll is ended, and its tally compared with what was acknowledged.",
  run: async (options, watcher) => {
    const measureMs = (options.seconds ?? 8) * 1_000;
    const phases = { warmUpMs: WARM_UP_MS, measureMs };
    const stack = await stackOf(options, watcher, { gateways: 0 });
    const bus = await Bus.connect({
      servers: [stack.natsUrlAs("gateway")],
      inbox: "gateway",
      name: "ovation-bench",
      log: silentLog,
    });
    let generator: RequestsGenerator | undefined;
    let standIn: StandIn | undefined;
    try {
      standIn = await standInGateway(stack.natsUrlAs("gateway"), [VIDEO]);
      await putPoll(bus, POLL);
      const requests = await startRequests(stack, [VIDEO], { poll: POLL });
      generator = requests;
      const dispatchers = stack.processes.filter(({ kind }) => kind === "dispatcher");
      const processes = [
        ...stack.processes,
        { kind: "generator", name: "requests", pid: requests.pid },
      ];
      const rss = () => dispatchers.map(({ pid }) => usageOf(pid).rssBytes);
      watcher.step("as many votes as are answered");
      const full = await measured(processes, phases, () =>
        requests.request("saturate", { inFlight: IN_FLIGHT, ...phases }),
      );
      const rate = options.rate ?? full.requested.perSecond / 2;
      watcher.step(`${Math.round(rate)} per second, by schedule`);
      const half = await measured(processes, phases, () =>
        requests.request("steady", { perSecond: rate, ...phases }),
      );
      const answered = percentilesOf(unpacked([half.requested.times]));
      const before = rss();
      const rated = await settle(bus, POLL, half.requested);
      await requests.stop();
      watcher.step("a million votes in another poll");
      await putPoll(bus, LARGE_POLL);
      generator = await startRequests(stack, [VIDEO], { poll: LARGE_POLL });
      let requested = await generator.request("saturate", { ...ROUND, inFlight: IN_FLIGHT });
      while (options.seconds === undefined && requested.sent < VOTES) {
        requested = await generator.request("saturate", { ...ROUND, inFlight: IN_FLIGHT });
      }
      const grown = rss().map((bytes, index) => bytes - (before[index] ?? 0));
      const large = await settle(bus, LARGE_POLL, requested);
      const figures: Figure[] = [
        {
          name: "votes",
          unit: "/s",
          value: full.requested.perSecond,
          better: "higher",
          goal: { relation: "≥", value: GOAL },
        },
        { name: "rate at half", unit: "/s", value: half.requested.perSecond, better: "neither" },
        { name: "answered p50 at half", unit: "ms", value: answered.p50, better: "lower" },
        { name: "answered p99 at half", unit: "ms", value: answered.p99, better: "lower" },
        { name: "votes in the other poll", unit: "", value: large.counted, better: "neither" },
        {
          name: "RSS that a dispatcher grew by for them",
          unit: "MiB",
          value: Math.max(...grown) / MIB,
          better: "lower",
          goal: { relation: "≤", value: MEMORY_GOAL_MIB },
        },
        { name: "refused", unit: "", value: rated.refused + large.refused, better: "exact" },
        {
          name: "unanswered",
          unit: "",
          value: rated.unanswered + large.unanswered,
          better: "exact",
        },
        {
          name: "acknowledged and not counted",
          unit: "",
          value: rated.lost + large.lost,
          better: "exact",
        },
      ];
      const remarks = [
        `cores used at full load: ${coresText(full.cores)}`,
        `cores used at half load: ${coresText(half.cores)}`,
      ];
      return { figures, loads: [], remarks };
    } finally {
      await bus.stop();
      await standIn?.stop();
      await generator?.stop();
      await stack.stop();
    }
  },
};
