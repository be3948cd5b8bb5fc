/**
 * The soak: a deployment that loses one of its parts about every ten seconds, under viewers who come
 * and go, likes and comments. It leaves every figure, and a picture of them, in `.cache/soak`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Chance } from "../../support/random.ts";
import { Commenter, expectAllComments, Viewer } from "../cluster/audience.ts";
import { FaultCluster } from "../cluster/fault-cluster.ts";
import { lanFault } from "../cluster/lan.ts";
import { Fans, PassersBy, rotated } from "./crowd.ts";
import { Delays } from "./delays.ts";
import { FaultInjector } from "./fault-injector.ts";
import { type Course, courseOf } from "./flat.ts";
import { type Panel, pictureOf } from "./picture.ts";
import { Usage } from "./usage.ts";

const MINUTES = Number(process.env["OVATION_TEST_SOAK_MINUTES"] ?? 20);
const VIDEOS = ["launch", "keynote", "finale"] as const;
const OBSERVERS = 60;
const PASSERS_BY = 100;
const COMMENT_PAUSE_MS = 300;
/** Nodes that run from start to end. */
const SPARED = ["gateway-1", "dispatcher-1"] as const;
/** Growth over the second half that still counts as flat: a heap varies, a leak keeps growing. */
const FLAT = 1.15;
/** Latencies are a few milliseconds, and noisier. */
const FLAT_LATENCY = 2;
const FOLDER = ".cache/soak";

test.skipIf(lanFault() !== undefined)(
  `${MINUTES} minutes of faults: no comment is lost, and nothing grows`,
  async () => {
    const cluster = await FaultCluster.start({ nats: 3, gateways: 3, dispatchers: 3 });
    const chance = new Chance("soak");
    const { urls } = cluster;
    const observers = Array.from({ length: OBSERVERS }, (_, at) => ({
      video: VIDEOS[at % VIDEOS.length] ?? "",
      viewer: new Viewer(rotated(urls, Math.floor(at / 3)), VIDEOS[at % VIDEOS.length] ?? ""),
    }));
    await Promise.all(observers.map(({ viewer }) => viewer.connected()));
    const commenters = VIDEOS.map((video, at) => ({
      video,
      commenter: new Commenter(rotated(urls, at), video, `ann-${video}`, {
        pauseMs: COMMENT_PAUSE_MS,
      }),
    }));
    const passersBy = new PassersBy({ urls, videos: VIDEOS, slots: PASSERS_BY, chance });
    const fans = new Fans(urls, VIDEOS);
    const delays = new Delays(urls, VIDEOS);
    const usage = new Usage(cluster);
    const injector = new FaultInjector(cluster, chance);
    const startedAt = performance.now();
    try {
      for (const { commenter } of commenters) commenter.start();
      for (const part of [passersBy, fans, delays, usage]) part.start();
      await injector.until(startedAt + MINUTES * 60_000);
      for (const part of [passersBy, fans, usage]) part.stop();
      await Promise.all(commenters.map(({ commenter }) => commenter.stop()));
      delays.stop();

      const seconds = (performance.now() - startedAt) / 1_000;
      const courses = coursesOf(usage, delays);
      const stored = commenters.reduce((sum, { commenter }) => sum + commenter.stored.size, 0);
      write(seconds, { courses, injector, usage, delays, fans, passersBy, stored });

      for (const { video, commenter } of commenters) {
        const viewers = observers.filter((observer) => observer.video === video);
        await expectAllComments(
          viewers.map(({ viewer }) => viewer),
          [commenter],
        );
      }
      await cluster.healthyTable();
      for (const [name, { growth }] of Object.entries(courses)) {
        const bound = name.startsWith("like") ? FLAT_LATENCY : FLAT;
        expect(growth, `${name}: its growth`).toBeLessThan(bound);
      }
    } finally {
      for (const part of [passersBy, fans, delays, usage]) part.stop();
      for (const { commenter } of commenters) await commenter.stop();
      for (const { viewer } of observers) viewer.close();
      await cluster.end();
    }
  },
);

function coursesOf(usage: Usage, delays: Delays): Record<string, Course> {
  const courses: Record<string, Course> = {};
  for (const name of SPARED) {
    const samples = usage.samples.get(name) ?? [];
    courses[`${name} memory`] = courseOf(samples.map(({ rssMb }) => rssMb));
    courses[`${name} handles`] = courseOf(samples.map(({ handles }) => handles));
  }
  courses["likes p50"] = courseOf(delays.windows.map(({ p50 }) => p50));
  courses["likes p90"] = courseOf(delays.windows.map(({ p90 }) => p90));
  return courses;
}

interface Findings {
  readonly courses: Record<string, Course>;
  readonly injector: FaultInjector;
  readonly usage: Usage;
  readonly delays: Delays;
  readonly fans: Fans;
  readonly passersBy: PassersBy;
  readonly stored: number;
}

function write(seconds: number, parts: Findings): void {
  const { courses, injector, usage, delays, fans, passersBy, stored } = parts;
  const { injected } = injector;
  const recovered = injected.map((fault) => fault.recovered).sort((a, b) => a - b);
  const summary = {
    seconds,
    faults: injected.length,
    recoveredMedianSeconds: recovered[Math.floor(recovered.length / 2)],
    recoveredMaxSeconds: recovered.at(-1),
    commentsStored: stored,
    likesSent: fans.sent,
    likesAccepted: fans.accepted,
    passersBy: passersBy.arrived,
    courses,
  };
  const lines = (field: "rssMb" | "handles") =>
    [...usage.samples].map(([name, samples]) => ({
      name,
      points: samples.map((sample) => [sample.at, sample[field]] as const),
    }));
  const roles = (field: "rssMb" | "handles") =>
    lines(field).filter(({ name }) => !name.startsWith("nats"));
  const delay = (field: "p50" | "p90" | "p99") => ({
    name: field,
    points: delays.windows.map((window) => [window.at, window[field]] as const),
  });
  const panels: Panel[] = [
    { title: "Memory of gateways and dispatchers, MiB (RSS)", lines: roles("rssMb") },
    { title: "Their open files and sockets", lines: roles("handles") },
    {
      title: "Memory of the nats-servers, MiB (RSS)",
      lines: lines("rssMb").filter(({ name }) => name.startsWith("nats")),
    },
    { title: "Likes, from fan to viewer, ms", lines: [delay("p50"), delay("p90")], top: 40 },
    { title: "The slowest hundredth, ms", lines: [delay("p99")] },
  ];
  const marks = injected.map(({ at }) => at);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "soak.svg"), pictureOf(panels, seconds, marks));
  const all = {
    summary,
    injected,
    windows: delays.windows,
    samples: Object.fromEntries(usage.samples),
  };
  writeFileSync(join(FOLDER, "soak.json"), `${JSON.stringify(all, undefined, 1)}\n`);
  process.stderr.write(`${JSON.stringify(summary, undefined, 2)}\n`);
}
