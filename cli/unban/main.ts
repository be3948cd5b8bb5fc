/** `ovation unban`: lets an actor in again. */
import { targetOf, targetSettings } from "../http/ban-target.ts";
import type { HttpCommand } from "../http/command.ts";
import { runCommand } from "../http/run.ts";

const command: HttpCommand<typeof targetSettings> = {
  name: "unban",
  arguments: "<video> <actor>",
  doc: "Takes a ban back. A ban everywhere and one of a video are two. Needs the scope moderate.",
  settings: targetSettings,
  words: [1, 2],
  examples: [
    ["unban launch troll-7", "Takes the ban on this video back."],
    ["unban troll-7 --everywhere", "Takes the ban of every video back."],
  ],
  run: async ({ words, options, ovation, out }) => {
    const { moderation, actor, where } = targetOf(words, options, ovation);
    const ban = await moderation.unban(actor);
    const text = ban === undefined ? "was not banned" : "is not banned any more";
    out.print(ban ?? null, () => `${actor} ${text} ${where}`);
  },
};

await runCommand(command);
