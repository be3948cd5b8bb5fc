/** Publishes events that arrive as lines of JSON, as they arrive. */
import { type EventInput, type Outcome, OvationError, type Video } from "../../server-sdk/index.ts";

/** Events in one request. A body has its own limit too, for large ones. */
const LIST_LIMIT = 500;
/** Characters of events in one request, and of one line. */
const TEXT_LIMIT = 250_000;

interface Line {
  readonly number: number;
  readonly text: string;
}

/**
 * Publishes each line of a text. What has arrived together goes together, and the rest waits while it
 * is published.
 * @param onOutcome gets what became of each event, in their order
 * @throws OvationError that names the line which is wrong; those before its list are published
 */
export async function publishStream(
  video: Pick<Video, "publishAll">,
  text: AsyncIterable<string>,
  onOutcome: (outcome: Outcome) => void,
): Promise<{ readonly size: number }> {
  let number = 0;
  let size = 0;
  let rest = "";
  const publish = async (texts: readonly string[]) => {
    const before = number;
    number += texts.length;
    const lines = texts.map((one, index) => ({ number: before + index + 1, text: one.trim() }));
    for (const list of listsOf(lines.filter((line) => line.text !== ""))) {
      for (const outcome of await publishList(video, list)) onOutcome(outcome);
      size += list.length;
    }
  };
  for await (const chunk of text) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    await publish(lines);
    if (rest.length > TEXT_LIMIT) throw refusal(number + 1, `exceeds ${TEXT_LIMIT} characters`);
  }
  await publish([rest]);
  return { size };
}

/** The lines in lists that fit into a request. */
function listsOf(lines: readonly Line[]): readonly (readonly Line[])[] {
  const lists: Line[][] = [];
  let length = 0;
  for (const line of lines) {
    const list = lists.at(-1);
    length += line.text.length;
    if (list !== undefined && list.length < LIST_LIMIT && length <= TEXT_LIMIT) list.push(line);
    else {
      lists.push([line]);
      length = line.text.length;
    }
  }
  return lists;
}

async function publishList(
  video: Pick<Video, "publishAll">,
  lines: readonly Line[],
): Promise<readonly Outcome[]> {
  try {
    return await video.publishAll(lines.map((line) => eventIn(line, lines[0]?.number)));
  } catch (error) {
    if (!(error instanceof OvationError)) throw error;
    const [, index] = /^events\[(\d+)\]/.exec(error.field ?? "") ?? [];
    const line = index === undefined ? undefined : lines[Number(index)];
    if (line === undefined) throw error;
    throw refusal(line.number, error.message, error.code, lines[0]?.number);
  }
}

function eventIn({ text, number }: Line, from: number | undefined): EventInput {
  try {
    return JSON.parse(text) as EventInput;
  } catch {
    throw refusal(number, "is not JSON", "body_malformed", from);
  }
}

/** @param from the first line that was not published */
function refusal(number: number, fault: string, code = "body_malformed", from = number) {
  const text = `line ${number} of standard input: ${fault} (published up to line ${from - 1})`;
  return new OvationError(code, text);
}
