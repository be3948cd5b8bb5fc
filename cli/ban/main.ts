/** `ovation ban`: bans an actor. */
import { choice, optionalText } from "../../shared/config/setting.ts";
import { targetOf, targetSettings } from "../http/ban-target.ts";
import type { HttpCommand } from "../http/command.ts";
import { timeText } from "../http/output.ts";
import { runCommand } from "../http/run.ts";
import { duration } from "../http/settings.ts";

const settings = {
  mode: choice({
    choices: ["mute", "ban", "shadow"],
    default: "ban",
    doc: "mute: the actor can't publish. ban: nor watch. shadow: only the actor sees what it publishes.",
  }),
  for: duration({ doc: "How long. If unset, until it is taken back." }),
  reason: optionalText({ doc: "Why, for other moderators." }),
  ...targetSettings,
};

const command: HttpCommand<typeof settings> = {
  name: "ban",
  arguments: "<video> <actor>",
  doc: "Bans an actor from a video, in place of a ban that it has there. Needs the scope moderate.",
  settings,
  words: [1, 2],
  examples: [
    ["ban launch troll-7 --mode mute --for 10m --reason spam", "Mutes troll-7 for ten minutes."],
    ["ban troll-7 --everywhere", "Bans troll-7 from every video."],
  ],
  run: async ({ words, options, ovation, out }) => {
    const { moderation, actor, where } = targetOf(words, options, ovation);
    const { mode, for: forMs, reason } = options;
    const ban = await moderation.ban(actor, { mode, forMs, reason });
    const until =
      ban.untilMs === null ? "until it is taken back" : `until ${timeText(ban.untilMs)}`;
    out.print(ban, () => `${actor}: ${mode} ${where}, ${until}`);
  },
};

await runCommand(command);
