/** `ovation top`: a table of the videos with the most viewers that is kept up to date. */
import { setTimeout as wait } from "node:timers/promises";
import { type Ovation, OvationError } from "../../server-sdk/index.ts";
import { boolean, integer } from "../../shared/config/setting.ts";
import type { HttpCommand, Run } from "../http/command.ts";
import { EXIT, exitCodeOf } from "../http/exit-codes.ts";
import type { Output } from "../http/output.ts";
import { runCommand } from "../http/run.ts";
import { ratesOf, type Sample, type VideoRates } from "./rates.ts";

const settings = {
  limit: integer({ min: 1, max: 100, default: 20, doc: "The most videos." }),
  intervalMs: integer({
    // What a gateway tells of a video may be a second old.
    min: 1_000,
    max: 60_000,
    default: 2_000,
    unit: "ms",
    doc: "The time between two requests, over which rates are measured.",
  }),
  once: boolean({ default: false, doc: "Ends after the first table." }),
};

const command: HttpCommand<typeof settings> = {
  name: "top",
  arguments: "",
  doc: "Shows the videos with the most viewers, with likes per second (events of all transient kinds) and comments per minute (of all durable kinds), until Ctrl-C. In a pipe, each table is a line of JSON. Also how many gateways have a video's viewers; ovation doctor names them. Needs the scope moderate.",
  settings,
  words: [0, 0],
  examples: [
    ["top", "Shows the 20 videos with the most viewers."],
    ["top --once --json", "Prints one table as JSON."],
  ],
  run: top,
};

async function top({ options, client, ovation, out }: Run<typeof settings>): Promise<void> {
  const { limit, intervalMs, once } = options;
  const { kinds } = await ovation.ping();
  let before = await sampleOf(ovation, limit);
  for (;;) {
    await wait(intervalMs);
    try {
      const now = await sampleOf(ovation, limit);
      const rates = ratesOf(before, now, kinds);
      before = now;
      show(out, client.url, rates, out.isTerminal && !once);
      if (once) return;
    } catch (error) {
      // A gateway that restarts is no reason to end.
      const isPassing =
        error instanceof OvationError && exitCodeOf(error.code) === EXIT.unreachable;
      if (!isPassing || once || !out.isTerminal) throw error;
      out.redraw(out.style("red", error.message));
    }
  }
}

async function sampleOf(ovation: Ovation, limit: number): Promise<Sample> {
  const live = await ovation.liveVideos(limit);
  const videos = live.length === 0 ? [] : await ovation.infos(live.map(({ video }) => video));
  return { at: performance.now(), live, videos };
}

function show(out: Output, url: string, rates: readonly VideoRates[], isKept: boolean): void {
  if (out.isJson) return out.print({ at: Date.now(), videos: rates }, () => "");
  const viewers = rates.reduce((sum, one) => sum + one.viewers, 0);
  const likes = rates.reduce((sum, { likesPerSecond }) => sum + (likesPerSecond ?? 0), 0);
  const heading = `${url}: ${rates.length} videos, ${viewers} viewers, ${likes.toFixed(1)} likes/s`;
  const cell = (value: number | null) => value ?? "-";
  const rows = rates.map((one) => [
    one.video,
    one.viewers,
    one.gateways,
    cell(one.likesPerSecond),
    cell(one.commentsPerMinute),
    cell(one.likes),
    cell(one.comments),
  ]);
  const columns = ["video", "viewers", "gateways", "likes/s", "comments/min", "likes", "comments"];
  const lines = [heading, "", ...out.table(columns, rows).split("\n")];
  const text = lines.slice(0, Math.max(3, (out.rows ?? Number.POSITIVE_INFINITY) - 1)).join("\n");
  if (isKept) out.redraw(text);
  else out.print(rates, () => text);
}

await runCommand(command);
