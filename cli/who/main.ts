/** `ovation who`: which videos have viewers. */
import { integer } from "../../shared/config/setting.ts";
import type { HttpCommand } from "../http/command.ts";
import { runCommand } from "../http/run.ts";

const settings = {
  limit: integer({ min: 1, max: 100, default: 50, doc: "The most videos that are listed." }),
};

const command: HttpCommand<typeof settings> = {
  name: "who",
  arguments: "[video ...]",
  doc: "Lists the videos that have viewers, those with the most viewers first, which needs the scope moderate; or how many viewers these videos have.",
  settings,
  words: [0, 100],
  examples: [
    ["who", "Lists the 50 videos with the most viewers."],
    ["who launch finale", "Says how many viewers these two have."],
  ],
  run: async ({ words, options: { limit }, ovation, out }) => {
    const videos =
      words.length === 0 ? await ovation.liveVideos(limit) : await ovation.infos(words);
    const rows = videos.map(({ video, viewers }) => ({ video, viewers }));
    if (out.isJson) for (const row of rows) out.print(row, () => "");
    else if (rows.length === 0) out.print([], () => "no video has viewers");
    else {
      const cells = rows.map(({ video, viewers }) => [video, viewers]);
      out.print(rows, () => out.table(["video", "viewers"], cells));
    }
  },
};

await runCommand(command);
