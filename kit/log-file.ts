/** The file that takes the output of one process, and what its last lines say. */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync } from "node:fs";
import { join } from "node:path";

/** How much of a process's last output is read back. */
const TAIL_BYTES = 16_384;

const FAULT_LEVELS: readonly string[] = ["error", "fatal"];
const LEVELS: readonly string[] = ["trace", "debug", "info", "warn", "error", "fatal"];
/** `[4711] 2026/01/31 12:00:00.000000 [FTL] message` */
const NATS_LINE = /^\[\d+\] \S+ \S+ \[([A-Z]{3})\] (.*)$/;
const NATS_LEVELS = new Map([
  ["INF", "info"],
  ["WRN", "warn"],
  ["ERR", "error"],
  ["FTL", "fatal"],
]);

/** V8's last line when a process runs out of memory. */
const V8_LINE = /^FATAL ERROR: (.*)$/;

/** What is needed of a line from pino, V8 or nats-server. */
interface LogLine {
  readonly level: string;
  readonly text: string;
}

/**
 * A new `<name>.log`; the one of the previous run is kept as `<name>.previous.log`. It is held open
 * and read by its descriptor, so that a second stack, which moves the file aside, doesn't affect
 * what this one reads.
 */
export class LogFile {
  readonly path: string;
  /** For the process to write to directly, so that it can go on writing after we have exited. */
  readonly fd: number;

  constructor(directory: string, name: string) {
    mkdirSync(directory, { recursive: true });
    this.path = join(directory, `${name}.log`);
    try {
      renameSync(this.path, join(directory, `${name}.previous.log`));
    } catch {
      // There was none.
    }
    this.fd = openSync(this.path, "a+");
  }

  /** Its current size, from which a later {@link linesSince} can start. */
  get size(): number {
    return fstatSync(this.fd).size;
  }

  /** The last lines written since the file had this size. */
  linesSince(size: number): readonly string[] {
    const start = Math.max(size, this.size - TAIL_BYTES);
    const buffer = Buffer.alloc(this.size - start);
    const length = readSync(this.fd, buffer, 0, buffer.length, start);
    const lines = buffer.toString("utf8", 0, length).split("\n");
    // When reading starts in the middle of a line, the first one is incomplete.
    if (start > size) lines.shift();
    return lines.filter((line) => line.trim() !== "");
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** The message of the last line at level error or above. */
export function lastFault(lines: readonly string[]): string | undefined {
  return lines
    .map(parseLine)
    .filter((line) => line !== undefined)
    .findLast((line) => FAULT_LEVELS.includes(line.level))?.text;
}

/** A line for people: only the level and message of a log line, any other line in full. */
export function readable(line: string): string {
  const parsed = parseLine(line);
  return parsed === undefined ? line : `${parsed.level}: ${parsed.text}`;
}

function parseLine(line: string): LogLine | undefined {
  const [, natsLevel, natsText] = NATS_LINE.exec(line) ?? [];
  if (natsLevel !== undefined && natsText !== undefined) {
    return { level: NATS_LEVELS.get(natsLevel) ?? "debug", text: natsText };
  }
  const [, v8Text] = V8_LINE.exec(line) ?? [];
  if (v8Text !== undefined) return { level: "fatal", text: v8Text };
  try {
    return parsePino(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function parsePino(line: unknown): LogLine | undefined {
  const level = property(line, "level");
  if (typeof level !== "string" || !LEVELS.includes(level)) return undefined;
  const error = property(line, "error") ?? property(property(line, "err"), "message");
  const parts = [property(line, "msg"), error].filter((part) => typeof part === "string");
  return { level, text: parts.join(": ") };
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
