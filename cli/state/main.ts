/** `ovation state`: what there is of a video. */
import type { HttpCommand } from "../http/command.ts";
import { harmless } from "../http/output.ts";
import { runCommand } from "../http/run.ts";

const command: HttpCommand<Record<never, never>> = {
  name: "state",
  arguments: "<video> [video ...]",
  doc: "Prints viewers, totals, state and the last seq of up to 100 videos.",
  settings: {},
  words: [1, 100],
  examples: [
    ["state launch", "Prints what there is of launch."],
    ["state launch | jq .state.pinned", "Prints the pinned comment alone."],
  ],
  run: async ({ words, ovation, out }) => {
    for (const info of await ovation.infos(words)) {
      // JSON either way: values may be anything.
      out.print(info, () =>
        JSON.stringify(info, undefined, 2).split("\n").map(harmless).join("\n"),
      );
    }
  },
};

await runCommand(command);
