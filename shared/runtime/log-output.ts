/**
 * Where log lines go: standard output, which may be a pipe whose reader stands still or has gone. A
 * process must neither stand still with it nor grow, and must always be able to end.
 */

/** What may wait for a reader that is slow; further lines are left out, and counted. */
const WAITING_LIMIT_BYTES = 1_048_576;

/** What is needed of the stream. Node writes to a pipe without blocking, and to a file at once. */
interface Output {
  readonly writableLength: number;
  write(line: string, written?: () => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

export class LogOutput {
  /** Lines that nobody will read. */
  dropped = 0;
  readonly #output: Output;
  #isGone = false;

  constructor(output: Output) {
    this.#output = output;
    // The reader has gone (EPIPE), which is no reason to end: viewers are still there.
    output.on("error", () => {
      this.#isGone = true;
    });
  }

  /** Writes a line, or leaves it out. Never throws, and never waits. */
  write(line: string): void {
    if (this.#isGone || this.#output.writableLength > WAITING_LIMIT_BYTES) this.dropped += 1;
    else this.#output.write(line);
  }

  /** Whether nothing waits to be read. */
  get isFlushed(): boolean {
    return this.#isGone || this.#output.writableLength === 0;
  }

  /** Resolves when all that was written is out, or can't be any more, or when the time is up. */
  async flushed(withinMs: number): Promise<void> {
    if (this.isFlushed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#output.on("error", done);
      this.#output.write("", done);
    });
  }
}

let standard: LogOutput | undefined;

/** The process's own, one for all of its loggers. */
export function standardLogOutput(): LogOutput {
  standard ??= new LogOutput(process.stdout);
  return standard;
}
