/** What the local stack tells the person who started it: the one place that writes it out. */
import { styleText } from "node:util";

/** How a part of the stack tells what it does, line by line. */
export interface Say {
  /** What happens, deaths and comebacks included. */
  step(text: string): void;
  /** Why the whole of it ends, when nobody asked for that. */
  fault(text: string): void;
}

/** Makes text stand out, where the reader can show that. */
export type Emphasis = (text: string) => string;

/** Bold on a terminal, and nothing at all in a pipe or under NO_COLOR. */
export const emphasis: Emphasis = (text) => styleText("bold", text);

/** Steps go to standard output, faults to standard error. */
export const say: Say = {
  step: (text) => void process.stdout.write(`${text}\n`),
  fault: (text) => void process.stderr.write(`${text}\n`),
};

/** A reader that went away (`npm start | head`) is no reason to let the stack fall. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}
