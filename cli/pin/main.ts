/** `ovation pin`: pins a comment. */
import { boolean } from "../../shared/config/setting.ts";
import { type HttpCommand, UsageError } from "../http/command.ts";
import { dataText } from "../http/output.ts";
import { runCommand } from "../http/run.ts";

const settings = {
  remove: boolean({ default: false, doc: "In place of [event]: unpins what is pinned." }),
};

const command: HttpCommand<typeof settings> = {
  name: "pin",
  arguments: "<video> [event]",
  doc: "Pins a durable event, in place of the one that is pinned. Needs the scope moderate.",
  settings,
  words: [1, 2],
  examples: [
    ["pin launch 3fH2k9", "Pins the event with this id."],
    ["pin launch --remove", "Unpins it."],
  ],
  run: async ({ words: [id = "", event], options: { remove }, ovation, out }) => {
    if (remove === (event !== undefined)) {
      throw new UsageError("either [event] or --remove is expected");
    }
    const video = ovation.video(id);
    if (event === undefined) {
      await video.unpin();
      return out.print({ video: id }, () => `nothing is pinned on ${id}`);
    }
    const pinned = await video.pin(event);
    out.print(pinned, () => `${pinned.id} is pinned: ${dataText(pinned.data)}`);
  },
};

await runCommand(command);
