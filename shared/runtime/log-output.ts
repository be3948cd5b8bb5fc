/**
 * Where log lines go: standard output, which may be a pipe whose reader is stuck or gone. A process
 * must neither block with it nor grow, and must always be able to exit.
 */
/** How much may wait for a slow reader; further lines are dropped and counted. */
const WAITING_LIMIT_BYTES = 1_048_576;

/** The part of the stream that is used. Node writes to a pipe asynchronously, to a file at once. */
interface Output {
  readonly writableLength: number;
  write(line: string, written?: () => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

export class LogOutput {
  /** Lines that were not written. */
  dropped = 0;
  readonly #output: Output;
  #isGone = false;

  constructor(output: Output) {
    this.#output = output;
    // The reader is gone (EPIPE), which is no reason to exit: viewers are still connected.
    output.on("error", () => {
      this.#isGone = true;
    });
  }

  /** Writes a line, or drops it. Never throws, and never waits. */
  write(line: string): void {
    if (this.#isGone || this.#output.writableLength > WAITING_LIMIT_BYTES) this.dropped += 1;
    else this.#output.write(line);
  }

  /** Whether no line waits to be read. */
  get isFlushed(): boolean {
    return this.#isGone || this.#output.writableLength === 0;
  }

  /** Resolves when everything is written, or never can be, or when the time is up. */
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
