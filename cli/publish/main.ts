/** `ovation publish`: publishes an event, or as many as standard input has lines. */
import type { Video } from "../../server-sdk/index.ts";
import { optionalText } from "../../shared/config/setting.ts";
import { type HttpCommand, type Run, UsageError } from "../http/command.ts";
import { EXIT } from "../http/exit-codes.ts";
import type { Output } from "../http/output.ts";
import { runCommand } from "../http/run.ts";
import { publishStream } from "./stream.ts";

const settings = {
  text: optionalText({ doc: "The event's data is an object with this text, as comments have it." }),
  actor: optionalText({
    doc: "Who did it. Needs the scope any-actor, unless it is the token's own.",
  }),
  id: optionalText({ doc: "The event's id: what is repeated with the same id is stored once." }),
};

const command: HttpCommand<typeof settings> = {
  name: "publish",
  arguments: "<video> <kind> [data]",
  doc: 'Publishes an event on a video. The data is JSON. With - in place of the kind, each line of standard input is an event as JSON: {"kind": "comment", "actor": "anna", "data": {"text": "hello"}}.',
  settings,
  words: [2, 3],
  examples: [
    ["publish launch like", "Likes."],
    ["publish launch comment --text hello --actor anna", "Comments for anna."],
    ['publish launch comment \'{"text": "hello", "to": "bo"}\'', "Comments, with any data."],
    ["publish launch - < events.ndjson", "Publishes each line of a file."],
  ],
  run: publish,
};

async function publish({ words, options, ovation, out }: Run<typeof settings>): Promise<void> {
  const [id = "", kind = "", data] = words;
  const video = ovation.video(id);
  if (kind === "-") return await publishLines(video, out);
  const event = { kind, id: options.id, actor: options.actor, data: dataOf(data, options.text) };
  const published = await video.publish(event);
  out.print(published, () => `${published.id}${seqText(published.seq)}`);
}

function dataOf(json: string | undefined, text: string | undefined): unknown {
  if (json === undefined) return text === undefined ? undefined : { text };
  if (text !== undefined) throw new UsageError("[data] and --text can't both be given");
  try {
    return JSON.parse(json);
  } catch {
    throw new UsageError("[data] must be JSON; --text takes plain text");
  }
}

async function publishLines(video: Video, out: Output): Promise<void> {
  const { size } = await publishStream(video, process.stdin.setEncoding("utf8"), (outcome) => {
    const { id, seq, error } = outcome;
    const refused = error && { code: error.code, message: error.message };
    if (refused) process.exitCode = EXIT.refused;
    out.print({ id, seq, error: refused }, () =>
      refused ? `${id} refused (${refused.code})` : `${id}${seqText(seq)}`,
    );
  });
  if (size === 0) throw new UsageError("standard input holds no event");
}

function seqText(seq: number | undefined): string {
  return seq === undefined ? "" : ` (seq ${seq})`;
}

await runCommand(command);
