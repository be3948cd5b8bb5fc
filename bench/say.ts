/** What the bench tells the person who runs it: the one place that writes it out. */
import { styleText } from "node:util";
import type { Watcher } from "./control/load.ts";

/** Where nobody sees a line being written over, one line in so many is written. */
const WRITTEN_ONE_IN = 5;

let progressCount = 0;

/** The result itself, on standard output. */
export function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Why it ended, when that was not wanted. */
export function fault(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** How it stands, on standard error, so that the result can be piped on. */
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
