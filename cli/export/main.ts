/** `ovation export`: a video's comments as lines of JSON, to keep them or to move them elsewhere. */
import { setTimeout as wait } from "node:timers/promises";
import { type HistoryPage, type HistoryRange, OvationError } from "../../server-sdk/index.ts";
import { HISTORY_LIMIT } from "../../shared/protocol/wire/endpoints.ts";
import { type HttpCommand, type Run, UsageError } from "../http/command.ts";
import { runCommand } from "../http/run.ts";
import { moment, sequence } from "../http/settings.ts";

const settings = {
  from: moment({ doc: "Only what was stored then or later. If unset, from the oldest on." }),
  to: moment({ doc: "Only what was stored before then. If unset, up to the newest." }),
  after: sequence({ doc: "Only what follows this seq: where an earlier export ended." }),
};

const command: HttpCommand<typeof settings> = {
  name: "export",
  arguments: "<video>",
  doc: "Writes the comments and other durable events of a video, oldest first, one JSON object a line, as viewers get them. Deleted ones are left out. It reads page by page, as fast as its output is taken and the gateway allows. If it is interrupted, the last line's seq says where to go on: --after. When a part that was asked for is no longer kept, it writes what there is, says so and ends with 1.",
  settings,
  words: [1, 1],
  examples: [
    ["export launch > launch.ndjson", "All that is kept of a video."],
    [
      "export launch --from 2026-06-01T20:00:00Z --to 2026-06-01T22:00:00Z",
      "What was written during two hours.",
    ],
    ["export launch --after 1780344000000123 >> launch.ndjson", "What has come since."],
  ],
  run: exportVideo,
};

async function exportVideo({ words, options, ovation, out }: Run<typeof settings>): Promise<void> {
  const { from, to, after } = options;
  if (from !== undefined && to !== undefined && from > to) {
    throw new UsageError("--from must not be later than --to");
  }
  const video = ovation.video(words[0] ?? "");
  const isOpen = from === undefined && after === undefined;
  let range: HistoryRange = isOpen ? { after: 0, to } : { from, after, to };
  let first: HistoryPage | undefined;
  try {
    for (;;) {
      const page = await patiently(() => video.historyPage({ ...range, limit: HISTORY_LIMIT }));
      first ??= page;
      if (page.epoch !== first.epoch) {
        throw new OvationError("history_recreated", "the history was created again meanwhile");
      }
      for (const event of page.events) {
        out.print(event, () => JSON.stringify(event));
        await out.flushed();
      }
      const last = page.events.at(-1)?.seq;
      if (last !== undefined) range = { ...range, after: last };
      if (!page.more || last === undefined) break;
    }
  } catch (error) {
    const { after: last } = range;
    if (last !== undefined && last !== after && last !== 0) {
      process.stderr.write(`ovation export: to go on from there: --after ${last}\n`);
    }
    throw error;
  }
  if (isOpen || first.recovered !== false) return;
  const oldest = first.oldest === 0 ? "" : `; the oldest that is kept has the seq ${first.oldest}`;
  const message = `a part of what was asked for is no longer kept${oldest}`;
  throw new OvationError("history_truncated", message);
}

/** Waits as long as the gateway's limit wants. */
async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof OvationError) || error.code !== "rate_limited") throw error;
      await wait(error.retryAfterMs ?? 1_000);
    }
  }
}

await runCommand(command);
