/** `ovation tail`: prints the events of videos as viewers get them. */
import { type ConnectionState, type Frame, Ovation } from "../../sdk/index.ts";
import { OvationError } from "../../server-sdk/index.ts";
import { boolean, choice, integer } from "../../shared/config/setting.ts";
import type { OvationEvent } from "../../shared/protocol/event.ts";
import { HISTORY_LIMIT } from "../../shared/protocol/wire/endpoints.ts";
import { type HttpCommand, type Run, UsageError } from "../http/command.ts";
import { dataText, harmless, type Output } from "../http/output.ts";
import { runCommand } from "../http/run.ts";
import { words as wordList } from "../http/settings.ts";
import { observe } from "./observe.ts";

const settings = {
  kinds: wordList({
    allowed: "kinds, such as comment or viewers, separated by commas",
    doc: "The only kinds that are printed. If unset, all.",
  }),
  history: integer({
    min: 0,
    max: HISTORY_LIMIT,
    default: 0,
    doc: "How many comments of the past come first.",
  }),
  count: integer({
    min: 0,
    max: 1_000_000_000,
    default: 0,
    doc: "Ends after so many lines; 0: never.",
  }),
  hidden: boolean({
    default: false,
    doc: "Isn't counted as a viewer. Needs the scope observe.",
  }),
  transport: choice({
    choices: ["auto", "websocket", "sse"],
    default: "auto",
    doc: "How it connects: auto takes Server-Sent Events where WebSockets don't work.",
  }),
};

const command: HttpCommand<typeof settings> = {
  name: "tail",
  arguments: "<video> [video ...]",
  doc: "Prints the events of videos as they come, until Ctrl-C: coloured on a terminal, one JSON object a line in a pipe. It counts as a viewer, unless --hidden is given. Under a flood of likes, viewers get some of them; then a line with counts has the exact numbers. It connects again by itself, and what was missed of the comments is printed then. A pattern such as 'match-*' is followed over NATS, as the user observer, who is no viewer: OVATION_NATS_URL says where it is, and the other OVATION_NATS_… variables how to log in.",
  settings,
  words: [1, 100],
  examples: [
    ["tail launch --history 10", "The last ten comments, and all that happens."],
    ["tail launch finale --kinds comment | jq -r .data.text", "The texts of two videos' comments."],
    ["tail launch --kinds viewers --count 1 --json", "How many viewers there are, and ends."],
    ["tail 'match-*'", "All that happens on all videos whose ids begin with match-, over NATS."],
  ],
  run: tail,
};

async function tail(run: Run<typeof settings>): Promise<void> {
  const { words, options, client, out } = run;
  if (words.some((word) => word.includes("*"))) return await tailPatterns(run);
  const { kinds, history, hidden, transport } = options;
  const { url, token } = client;
  const ovation = new Ovation({ url, transport, ...(token === undefined ? {} : { token }) });
  const lines = new Lines(out, words.length > 1, options.count);
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = ({ code, message }: { code: string; message: string }) =>
        reject(new OvationError(code, message));
      ovation.onState(connectionReport(fail));
      // Of a video: it may not be watched, or the token covers it no more.
      ovation.onError(fail);
      for (const id of new Set(words)) {
        const video = ovation.video(id, { history, kinds, hidden });
        video.onMissed(() => void process.stderr.write(`${id}: some comments can't be had\n`));
        video.onFrame((frame) => {
          lines.print(id, frame);
          if (lines.isFull) resolve();
        });
      }
      ovation.connect();
    });
  } finally {
    ovation.close();
  }
}

async function tailPatterns({ words, options, client, out }: Run<typeof settings>): Promise<void> {
  const { kinds, history, count } = options;
  if (history > 0) throw new UsageError("--history is for videos, not for patterns");
  const lines = new Lines(out, true, count);
  const done = new AbortController();
  await observe(words, client.waitMs, done.signal, (video, { events, counts }) => {
    const isWanted = (kind: string) => kinds?.includes(kind) !== false;
    const wanted = Object.entries(counts).filter(([kind]) => isWanted(kind));
    const shown = events.filter(({ kind }) => isWanted(kind));
    lines.print(video, { events: shown, counts: Object.fromEntries(wanted) });
    if (lines.isFull) done.abort();
  });
}

/** Fails when there is no connection at first; tells of later ones that are lost. */
function connectionReport(
  fail: (reason: { code: string; message: string }) => void,
): (state: ConnectionState) => void {
  let hasConnected = false;
  let isLost = false;
  const tell = (text: string) => void process.stderr.write(`${harmless(text)}\n`);
  return (state) => {
    if (state.name === "connected") {
      hasConnected = true;
      if (isLost) tell("connected again");
      isLost = false;
    } else if (state.name === "closed") {
      if (state.reason.code !== "closed") fail(state.reason);
    } else if (state.name === "reconnecting") {
      if (!hasConnected) return fail(state.reason);
      if (!isLost) tell(`the connection is lost: ${state.reason.message}; it is tried again`);
      isLost = true;
    }
  };
}

class Lines {
  readonly #out: Output;
  readonly #hasVideo: boolean;
  /** How many lines are still to be printed. */
  #left: number;

  constructor(out: Output, hasVideo: boolean, count: number) {
    this.#out = out;
    this.#hasVideo = hasVideo;
    this.#left = count === 0 ? Number.POSITIVE_INFINITY : count;
  }

  get isFull(): boolean {
    return this.#left <= 0;
  }

  print(video: string, { events, counts }: Frame): void {
    for (const event of events) {
      this.#line({ video, ...event }, () => this.#text(video, event));
    }
    const shown = Object.groupBy(events, ({ kind }) => kind);
    const isSampled = ([kind, count]: [string, number]) => count > (shown[kind]?.length ?? 0);
    const sampled = Object.entries(counts).filter(isSampled);
    if (sampled.every(([name]) => name.includes(":"))) return;
    const list = sampled.map(([name, count]) => `${harmless(name)} ×${count}`).join(", ");
    this.#line({ video, counts }, () => this.#row(video, Date.now(), this.#out.style("dim", list)));
  }

  #line(value: unknown, text: () => string): void {
    if (this.isFull) return;
    this.#left -= 1;
    this.#out.print(value, text);
  }

  #text(video: string, { kind, at, actor, data, id, seq }: OvationEvent): string {
    const out = this.#out;
    const who = actor === undefined ? [] : [out.style("bold", harmless(actor))];
    const text = [out.style("cyan", kind), ...who, dataText(data)].filter((part) => part !== "");
    // A comment's id is what `ovation delete` and `ovation pin` take.
    const ending = seq === undefined ? [] : [out.style("dim", id)];
    return this.#row(video, at, [...text, ...ending].join("  "));
  }

  #row(video: string, at: number, text: string): string {
    const time = this.#out.style("dim", new Date(at).toLocaleTimeString("sv-SE"));
    return [time, ...(this.#hasVideo ? [video] : []), text].join("  ");
  }
}

await runCommand(command);
// A client that still tries to reach NATS would keep the process alive.
if (process.exitCode !== undefined) process.exit();
