/** `ovation poll`: opens a poll, ends it, and shows its tally. */
import type { Poll, Video } from "../../server-sdk/index.ts";
import { boolean, choice } from "../../shared/config/setting.ts";
import { type HttpCommand, UsageError } from "../http/command.ts";
import { harmless, type Output, timeText } from "../http/output.ts";
import { runCommand } from "../http/run.ts";
import { duration } from "../http/settings.ts";

/** A video, a poll, a question and 16 choices. */
const MOST_WORDS = 19;

const settings = {
  for: duration({ doc: "How long a new poll is open. If unset, a day." }),
  changeable: boolean({ default: false, doc: "Whether a second vote replaces the first." }),
  results: choice({
    choices: ["live", "end"],
    default: "live",
    doc: "When viewers see the votes of each choice.",
  }),
  end: boolean({ default: false, doc: "Ends the poll now." }),
};

const command: HttpCommand<typeof settings> = {
  name: "poll",
  arguments: "<video> [poll] [question] [choice ...]",
  doc: "With a question and choices, opens a poll or changes an open one, which needs the scope moderate. Without, shows the tally of a poll, or of all polls of the video.",
  settings,
  words: [1, MOST_WORDS],
  examples: [
    ["poll launch mvp 'Who was best?' Ada Bo Cy --for 5m", "Opens a poll for five minutes."],
    ["poll launch mvp", "Shows its tally."],
    ["poll launch mvp --end", "Ends it, and shows the final tally."],
    ["poll launch", "Shows all polls of the video."],
  ],
  run: async ({ words: [id = "", name, question, ...choices], options, ovation, out }) => {
    const { end, for: forMs, changeable, results } = options;
    const video = ovation.video(id);
    if (question !== undefined) {
      if (name === undefined || end) throw new UsageError("--end takes no question");
      const closesAt = forMs === undefined ? undefined : Date.now() + forMs;
      const poll = { question, choices, closesAt, changeable, results };
      return show(out, name, await video.putPoll(name, poll));
    }
    if (name === undefined) {
      if (end) throw new UsageError("--end needs the name of a poll");
      return await showAll(out, video);
    }
    const poll = end ? await video.endPoll(name) : (await video.polls())[name];
    if (poll === undefined) throw new UsageError(`${id} has no poll ${name}`);
    show(out, name, poll);
  },
};

async function showAll(out: Output, video: Video): Promise<void> {
  const polls = Object.entries(await video.polls());
  for (const [name, poll] of polls) show(out, name, poll);
  if (polls.length === 0 && !out.isJson) out.print({}, () => `${video.id} has no polls`);
}

function show(out: Output, name: string, poll: Poll): void {
  out.print({ poll: name, ...poll }, () => {
    const { question, choices, votes, total, closed, closesAt } = poll;
    const rows = choices.map((text, index) => {
      const count = votes?.[index] ?? 0;
      const share = total === 0 ? 0 : Math.round((100 * count) / total);
      return [harmless(text), count, `${share} %`];
    });
    const until = closed ? "ended" : `open until ${timeText(closesAt)}`;
    const title = `${out.style("bold", harmless(question))} (${name}, ${until}, ${total} votes)`;
    return `${title}\n${out.table(["choice", "votes", "share"], rows)}`;
  });
}

await runCommand(command);
