/** Puts one load on a system: opens viewers, publishes by schedule, measures, and checks deliveries. */
import { setTimeout as wait } from "node:timers/promises";
import { nowUs } from "../clock.ts";
import { percentilesOf, unpacked } from "../latency.ts";
import { arrivalsOf, type Stream } from "../publishers/schedule.ts";
import type { LoadResult } from "../report/result.ts";
import { costOf, type Edge } from "./cost.ts";
import { Fleet } from "./fleet.ts";
import type { Audience, ExpectedByVideo, Published, Window } from "./messages.ts";
import { type Snapshot, snapshot, usesOf } from "./snapshot.ts";
import type { System } from "./system.ts";
import { Timeline } from "./timeline.ts";

export interface LoadPlan {
  readonly name: string;
  readonly kind: string;
  readonly audiences: readonly Audience[];
  /** What is published from the run's beginning, in both warm-up and measured time. */
  readonly streams: readonly Stream[];
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Viewers that read at once. */
  readonly sample: number;
  readonly publisherConnections: number;
  /** The share of the other viewers whose page is hidden until deliveries are checked. */
  readonly hidden?: number;
  /** Connections opened concurrently while viewers connect. */
  readonly atATime?: number;
  /** When viewers come and go during the run: the most that are ever opened. */
  readonly everOpened?: number;
  /** Starts with the first event, and must end before deliveries are checked. */
  readonly during?: (fleet: Fleet) => Promise<void>;
}

export interface Watcher {
  step(text: string): void;
  /** A progress line, once a second. */
  progress(text: string): void;
}

const USE_EVERY_MS = 1_000;
const AT_A_TIME = 200;
/** Pause between the last viewer's connect and the first event, for viewer counts, rows and late viewers. */
const REST_MS = 2_000;
/** The first event is scheduled this long after the command to publish. */
const LEAD_MS = 200;

/** @throws when the viewers can't be opened */
export async function runLoad(
  system: System,
  plan: LoadPlan,
  watcher: Watcher,
): Promise<LoadResult> {
  const viewers = plan.audiences.reduce((all, audience) => all + audience.viewers, 0);
  const timeline = new Timeline();
  const fleet = await Fleet.start({
    system,
    kind: plan.kind,
    viewers: plan.everOpened ?? viewers,
    sample: plan.sample,
    hidden: plan.hidden ?? 0,
    publisherConnections: plan.publisherConnections,
    onViewers: (progress, name) => timeline.viewers(progress, name),
    onPublishers: (progress) => timeline.publishers(progress),
  });
  const processes = () => [...system.processes, ...fleet.processes];
  const ticker = setInterval(() => {
    timeline.use(nowUs(), usesOf(processes()));
    const { at, deliveries, p50, p99, cpu } = timeline.seconds.at(-2) ?? { at: -1, cpu: {} };
    if (at < 0) return;
    const cores = Object.entries(cpu).map(([kind, used]) => `${kind} ${used.toFixed(2)}`);
    const times = p50 === undefined ? "" : `, p50 ${p50.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms`;
    watcher.progress(`${at} s: ${deliveries} deliveries/s${times}, cores: ${cores.join(", ")}`);
  }, USE_EVERY_MS);
  try {
    const empty = await snapshot(system.processes, fleet.processes);
    watcher.step(`${viewers} viewers connect`);
    const opened = await fleet.open(plan.audiences, {
      atATime: plan.atATime ?? AT_A_TIME,
      reconnects: false,
    });
    if (opened.subscribed < viewers) {
      watcher.step(
        `only ${opened.subscribed} of ${viewers} subscribed: ${JSON.stringify(opened.faults)}`,
      );
    }
    await wait(REST_MS);
    const full = await snapshot(system.processes, fleet.processes);
    const window = windowOf(plan);
    await fleet.begin(window);
    timeline.begin(window.epochUs);
    watcher.step(`publishing for ${(plan.warmUpMs + plan.measureMs) / 1_000} s`);
    const publishing = fleet.publish(window, plan.streams);
    const during = plan.during?.(fleet);
    for (const work of [publishing, during]) work?.catch(() => undefined); // Reported by the `await`s below.
    const from = await edge(system, fleet, window.epochUs + window.fromUs);
    const to = await edge(system, fleet, window.epochUs + window.toUs);
    const published = await publishing;
    await during;
    watcher.step("checking deliveries");
    const settled = await fleet.settle(expectedOf(published));
    const settledMs = (nowUs() - window.epochUs - window.toUs) / 1_000;
    const latency = unpacked([settled.latency]);
    return {
      name: plan.name,
      kind: plan.kind,
      system: system.name,
      about: system.about,
      split: fleet.split,
      gathered: settled.gathered,
      exactness: settled.exactness,
      published: { sent: total(published.sent), accepted: total(published.accepted) },
      refused: published.refused,
      unsure: total(published.unsure),
      faults: settled.faults,
      latency: percentilesOf(latency),
      acknowledged: percentilesOf(unpacked([published.acknowledged])),
      lateness: percentilesOf(unpacked([published.lateness])),
      distribution: DISTRIBUTION.map((at) => [at, latency.getValueAtPercentile(at) / 1_000]),
      openMs: opened.tookMs,
      settledMs,
      rssPerViewerBytes: (rssOf(full, "gateway") - rssOf(empty, "gateway")) / Math.max(1, viewers),
      ...costOf(from, to, viewers),
      seconds: timeline.seconds,
      arrivals: arrivalsOf(plan.streams),
    };
  } finally {
    clearInterval(ticker);
    await fleet.stop();
  }
}

const DISTRIBUTION = [
  0, 5, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 98, 99, 99.5, 99.9, 99.99,
  100,
];

async function edge(system: System, fleet: Fleet, atUs: number): Promise<Edge> {
  await wait(Math.max(0, (atUs - nowUs()) / 1_000));
  const [use, { received }] = await Promise.all([
    snapshot(system.processes, fleet.processes),
    fleet.counts(),
  ]);
  return { use, received };
}

function windowOf({ warmUpMs, measureMs }: LoadPlan): Window {
  const fromUs = warmUpMs * 1_000;
  return { epochUs: nowUs() + LEAD_MS * 1_000, fromUs, toUs: fromUs + measureMs * 1_000 };
}

/** How many events each viewer of a video should have received. */
export function expectedOf({ accepted, unsure }: Published): ExpectedByVideo {
  const videos = new Set([...Object.keys(accepted), ...Object.keys(unsure)]);
  return Object.fromEntries(
    [...videos].map((video) => {
      const least = accepted[video] ?? 0;
      return [video, { least, most: least + (unsure[video] ?? 0) }];
    }),
  );
}

export function rssOf({ processes }: Snapshot, kind: string): number {
  return processes
    .filter((process) => process.kind === kind)
    .reduce((all, { rssBytes }) => all + rssBytes, 0);
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}
