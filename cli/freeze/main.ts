/** `ovation freeze`: closes a video for all who don't moderate it, and opens it again. */
import { boolean, text } from "../../shared/config/setting.ts";
import { parseRoomRules } from "../../shared/protocol/moderation/room-rules.ts";
import type { HttpCommand } from "../http/command.ts";
import { runCommand } from "../http/run.ts";

const settings = {
  off: boolean({ default: false, doc: "Opens the video again: everyone may publish as before." }),
  kinds: text({
    default: "like,comment",
    doc: "The kinds that are closed, separated by commas.",
  }),
};

const command: HttpCommand<typeof settings> = {
  name: "freeze",
  arguments: "<video>",
  doc: "Closes kinds of a video: only moderators may publish them there until it is opened again. Viewers stay, see why they can't write, and get what moderators publish. The room's other rules stay. Needs the scope moderate.",
  settings,
  words: [1, 1],
  examples: [
    ["freeze launch", "Closes likes and comments."],
    ["freeze launch --kinds comment", "Closes comments only."],
    ["freeze launch --off", "Opens all that is closed."],
  ],
  run: async ({ words: [id = ""], options: { off, kinds }, ovation, out }) => {
    const video = ovation.video(id);
    const { closed: _, ...others } = parseRoomRules((await video.info()).state?.["rules"]);
    const closed = off ? [] : kinds.split(",").map((kind) => kind.trim());
    const rules = await video.setRules({ ...others, closed });
    out.print({ video: id, rules }, () =>
      off ? `${id} is open again` : `${id}: ${closed.join(", ")} are closed`,
    );
  },
};

await runCommand(command);
