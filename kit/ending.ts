/** Describes why a process did not start or why it ended. */
import { lastFault, readable } from "./log-file.ts";

const SHOWN_LINES = 10;
const SHOWN_LINE_LENGTH = 300;

/** A process did not start. The message is one line, the details are its last output. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly details: readonly string[];

  /** @param lines its whole output */
  constructor(message: string, lines: readonly string[]) {
    super(message);
    this.details = lines
      .filter((line) => line.trim() !== "")
      .slice(-SHOWN_LINES)
      .map((line) => readable(line).slice(0, SHOWN_LINE_LENGTH));
  }
}

/** Why a process ended: its exit code or signal, and the last error that it logged. */
export function endText(
  { code, signal }: { readonly code: number | null; readonly signal: string | null },
  lines: readonly string[],
): string {
  const end = signal === null ? `exit code ${code}` : `killed by ${signal}`;
  const fault = lastFault(lines);
  return fault === undefined ? end : `${end}, "${fault}"`;
}
