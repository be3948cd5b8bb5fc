/** `ovation bans`: lists the bans of a video, or those of every video. */
import { integer } from "../../shared/config/setting.ts";
import type { HttpCommand } from "../http/command.ts";
import { harmless, timeText } from "../http/output.ts";
import { runCommand } from "../http/run.ts";

const settings = {
  limit: integer({ min: 1, max: 1_000_000, default: 100, doc: "The most bans that are listed." }),
};

const command: HttpCommand<typeof settings> = {
  name: "bans",
  arguments: "[video]",
  doc: "Lists who is banned from a video, the ban set last first; without a video, who is banned everywhere, which needs a grant of every video. A ban everywhere is not among those of a video. Needs the scope moderate.",
  settings,
  words: [0, 1],
  examples: [
    ["bans launch", "Lists the bans of one video."],
    ["bans", "Lists the bans everywhere."],
    ["bans launch | jq -r .actor", "Prints the actors alone."],
  ],
  run: async ({ words: [video], options: { limit }, ovation, out }) => {
    const { moderation } = video === undefined ? ovation : ovation.video(video);
    const rows: string[][] = [];
    let left = limit;
    for await (const ban of moderation.bans()) {
      const { actor, mode, untilMs, by = "", reason = "" } = ban;
      if (out.isJson) out.print(ban, () => "");
      else rows.push([harmless(actor), mode, untilText(untilMs), harmless(by), harmless(reason)]);
      await out.flushed();
      left -= 1;
      if (left === 0) break;
    }
    if (out.isJson) return;
    const nobody = () => `nobody is banned ${video === undefined ? "everywhere" : `on ${video}`}`;
    const table = () => out.table(["actor", "mode", "until", "by", "reason"], rows);
    out.print(rows, rows.length === 0 ? nobody : table);
  },
};

function untilText(untilMs: number | null): string {
  return untilMs === null ? "taken back" : timeText(untilMs);
}

await runCommand(command);
