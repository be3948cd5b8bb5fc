/** `ovation delete`: deletes a comment, or all of an actor. */
import { optionalText } from "../../shared/config/setting.ts";
import { type HttpCommand, UsageError } from "../http/command.ts";
import { runCommand } from "../http/run.ts";

const settings = {
  actor: optionalText({ doc: "In place of [event]: deletes all durable events of this actor." }),
};

const command: HttpCommand<typeof settings> = {
  name: "delete",
  arguments: "<video> [event]",
  doc: "Deletes a durable event, such as a comment, for everyone and for good. Needs the scope moderate.",
  settings,
  words: [1, 2],
  examples: [
    ["delete launch 3fH2k9", "Deletes the event with this id."],
    ["delete launch --actor troll-7", "Deletes all that troll-7 wrote on the video."],
  ],
  run: async ({ words: [id = "", event], options: { actor }, ovation, out }) => {
    if ((event === undefined) === (actor === undefined)) {
      throw new UsageError("either [event] or --actor is expected");
    }
    const video = ovation.video(id);
    if (event !== undefined) {
      const seq = await video.delete(event);
      out.print({ retracted: event, seq }, () => `${event} is deleted`);
      return;
    }
    const events = await video.deleteAllOf(actor ?? "");
    out.print({ actor, events }, () => `${events} events of ${actor} are deleted`);
  },
};

await runCommand(command);
