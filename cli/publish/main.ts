/** `ovation publish`: publishes an event, or as many as standard input has lines. */
import { createInterface } from "node:readline";
import type { EventInput, Video } from "../../server-sdk/index.ts";
import { optionalText } from "../../shared/config/setting.ts";
import { type HttpCommand, type Run, UsageError } from "../http/command.ts";
import type { Output } from "../http/output.ts";
import { runCommand } from "../http/run.ts";

const settings = {
  text: optionalText({ doc: "The event's data is an object with this text, as comments have it." }),
  actor: optionalText({
    doc: "Who did it. Needs the scope any-actor, unless it is the token's own.",
  }),
  id: optionalText({ doc: "The event's id: what is repeated with the same id is stored once." }),
};

/** Events in one request: a list of them stays below the limit of a body, unless each is large. */
const LIST_LIMIT = 500;

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
  let waiting: EventInput[] = [];
  const send = async () => {
    const outcomes = waiting.length === 0 ? [] : await video.publishAll(waiting);
    waiting = [];
    for (const { id, seq, error } of outcomes) {
      const refused = error && { code: error.code, message: error.message };
      out.print({ id, seq, error: refused }, () =>
        refused ? `${id} refused (${refused.code})` : `${id}${seqText(seq)}`,
      );
      if (refused) process.exitCode = 1;
    }
  };
  let number = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    number += 1;
    if (line.trim() === "") continue;
    waiting.push(eventIn(line, number));
    if (waiting.length === LIST_LIMIT) await send();
  }
  await send();
}

function eventIn(line: string, number: number): EventInput {
  try {
    return JSON.parse(line) as EventInput;
  } catch {
    throw new UsageError(`line ${number} of standard input is not JSON`);
  }
}

function seqText(seq: number | undefined): string {
  return seq === undefined ? "" : ` (seq ${seq})`;
}

await runCommand(command);
