import { setTimeout as wait } from "node:timers/promises";
import { nowUs } from "../clock.ts";
import { Fleet } from "../control/fleet.ts";
import { expectedOf, rssOf } from "../control/load.ts";
import type { Audience } from "../control/messages.ts";
import { gatewayMetrics } from "../control/metrics.ts";
import { type Snapshot, snapshot } from "../control/snapshot.ts";
import type { Figure } from "../report/result.ts";
import { newVideo, type Scenario, stackOf } from "./scenario.ts";

const GATEWAYS = 4;
/** Many systems allow 20,000 open files per process; a gateway needs a few for itself. */
const VIEWERS_PER_GATEWAY = 15_000;
const VIDEOS = 100;
const GOAL_BYTES = 2_048;
/** How long it takes until every connection has been pinged and has answered. */
const SETTLE_MS = 35_000;
/** A hundred thousand viewers are connected by then. */
const GOAL_CONNECTED_MS = 60_000;
/** How long it takes to publish one like to each video. */
const LIKES_SECONDS = 5;
const LEAD_MS = 500;
const PUBLISHERS = 8;

export const idle: Scenario = {
  name: "idle",
  question:
    "How much memory does an idle viewer cost? As many WebSockets as the machine allows, over four gateways and 100 videos, each subscribed and then quiet; memory is what the gateways' processes use beyond their empty state, after every connection has been pinged. Then each video gets a like, and all of its viewers should have it.",
  run: async (options, watcher) => {
    const gateways = options.gateways ?? GATEWAYS;
    const viewers = options.viewers ?? gateways * VIEWERS_PER_GATEWAY;
    const stack = await stackOf(options, watcher, { gateways });
    const fleet = await Fleet.start({
      system: stack,
      viewers,
      mayGather: false,
      publisherConnections: PUBLISHERS,
    });
    try {
      const prefix = newVideo("idle");
      const videos = options.videos ?? VIDEOS;
      const audiences = Array.from({ length: videos }, (_, index) => ({
        video: `${prefix}-${index}`,
        viewers:
          Math.floor((viewers * (index + 1)) / videos) - Math.floor((viewers * index) / videos),
      })).filter((audience) => audience.viewers > 0);
      const empty = await snapshot(stack.processes, fleet.processes);
      watcher.step(`${viewers} viewers connect`);
      const opened = await fleet.open(audiences, { atATime: 400, reconnects: false });
      watcher.step(
        `${opened.subscribed} are subscribed after ${Math.round(opened.tookMs)} ms and now idle`,
      );
      const settleMs = options.seconds === undefined ? SETTLE_MS : options.seconds * 1_000;
      const from = await snapshot(stack.processes, fleet.processes);
      await wait(settleMs);
      const full = await snapshot(stack.processes, fleet.processes);
      const pages = await gatewayMetrics(stack.processes);
      const sum = (name: string) => pages.reduce((all, page) => all + page.sum(name), 0);
      const held = sum("ovation_gateway_websockets") - PUBLISHERS;
      watcher.step("a like to each video");
      const given = await likeEach(fleet, audiences);
      const cpu = (use: typeof full) =>
        use.processes
          .filter(({ kind }) => kind === "gateway")
          .reduce((all, { cpuSeconds }) => all + cpuSeconds, 0);
      const figures: Figure[] = [
        { name: "viewers held", unit: "", value: held, better: "higher" },
        { name: "not held", unit: "", value: viewers - held, better: "exact" },
        {
          name: "all subscribed after",
          unit: "ms",
          value: opened.tookMs,
          better: "lower",
          goal: { relation: "≤", value: GOAL_CONNECTED_MS },
        },
        { name: "likes accepted", unit: "", value: given.accepted, better: "higher" },
        {
          name: "viewers without their like",
          unit: "",
          value: given.lost + viewers - given.judged,
          better: "exact",
        },
        { name: "likes too many", unit: "", value: given.surplus + given.twice, better: "exact" },
        {
          name: "gateway RSS per viewer",
          unit: "bytes",
          value: (rssOf(full, "gateway") - rssOf(empty, "gateway")) / Math.max(1, held),
          better: "lower",
          goal: { relation: "≤", value: GOAL_BYTES },
        },
        {
          name: "of it V8 heap in use",
          unit: "bytes",
          value: sum("nodejs_heap_size_used_bytes") / Math.max(1, held),
          better: "lower",
        },
        {
          name: "empty gateway RSS",
          unit: "MiB",
          value: rssOf(empty, "gateway") / gateways / 2 ** 20,
          better: "lower",
        },
        {
          name: "gateways' CPU while idle",
          unit: "cores",
          value: ((cpu(full) - cpu(from)) * 1_000) / settleMs,
          better: "lower",
        },
      ];
      const connecting = usedBetween(empty, from)
        .map(([kind, seconds]) => `${kind} ${seconds.toFixed(1)}`)
        .join(", ");
      const faults = Object.entries(given.faults).map(([why, count]) => `${count}: ${why}`);
      const remarks = [`CPU seconds while they connected: ${connecting}`, ...faults];
      return { figures, loads: [], remarks };
    } finally {
      await fleet.stop();
      await stack.stop();
    }
  },
};

/** CPU seconds that each kind of process used, most first. */
function usedBetween(from: Snapshot, to: Snapshot): [kind: string, seconds: number][] {
  const used = new Map<string, number>();
  for (const { kind, name, cpuSeconds } of to.processes) {
    const before = from.processes.find((process) => process.name === name)?.cpuSeconds ?? 0;
    used.set(kind, (used.get(kind) ?? 0) + cpuSeconds - before);
  }
  return [...used].sort(([, one], [, other]) => other - one);
}

/** Publishes one like to each video, and checks that each of its viewers has it. */
async function likeEach(fleet: Fleet, audiences: readonly Audience[]) {
  const toUs = LIKES_SECONDS * 1e6;
  const window = { epochUs: nowUs() + LEAD_MS * 1_000, fromUs: 0, toUs };
  await fleet.begin(window);
  const streams = audiences.map(({ video }, index) => {
    const dueUs = [Math.round((toUs * index) / audiences.length)];
    return { video, kind: "like", firstNumber: 0, timing: { form: "listed", dueUs } as const };
  });
  const published = await fleet.publish(window, streams);
  const { exactness, faults } = await fleet.settle(expectedOf(published));
  const accepted = Object.values(published.accepted).reduce((all, count) => all + count, 0);
  return { ...exactness, accepted, faults };
}
