/** The local stack's messages to the person who started it; nothing else prints them. */
import { styleText } from "node:util";

/** How a part of the stack reports what it does, line by line. */
export interface Say {
  /** What happens, including crashes and restarts. */
  step(text: string): void;
  /** Why the whole stack ends unexpectedly. */
  fault(text: string): void;
}

/** Emphasizes text where the output supports it. */
export type Emphasis = (text: string) => string;

/** Bold on a terminal; unchanged in a pipe or with NO_COLOR. */
export const emphasis: Emphasis = (text) => styleText("bold", text);

/** Steps go to standard output, faults to standard error. */
export const say: Say = {
  step: (text) => void process.stdout.write(`${text}\n`),
  fault: (text) => void process.stderr.write(`${text}\n`),
};

/** Keeps the stack running when the reader of its output goes away (`npm start | head`). */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}
