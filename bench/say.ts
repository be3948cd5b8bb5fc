/** The bench's output to the person who runs it; nothing else prints. */
import { styleText } from "node:util";
import type { Watcher } from "./control/load.ts";

/** When the output is not a terminal, only one progress line in this many is written. */
const WRITTEN_ONE_IN = 5;

let progressCount = 0;

/** The result itself, on standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Why it ended unexpectedly. */
export function fault(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Progress, on standard error, so that the result can be piped. */
export const watcher: Watcher = {
  step: (text) => void process.stderr.write(`${clear()}${styleText("dim", `· ${text}`)}\n`),
  progress: (text) => {
    progressCount += 1;
    if (process.stderr.isTTY) process.stderr.write(`${clear()}${text}`);
    else if (progressCount % WRITTEN_ONE_IN === 0) process.stderr.write(`  ${text}\n`);
  },
};

function clear(): string {
  return process.stderr.isTTY ? "\r\u001b[2K" : "";
}
