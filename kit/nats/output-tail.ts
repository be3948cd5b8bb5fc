/** The end of a process's output: enough to see why it failed, however long it runs. */
import type { Readable } from "node:stream";

const MOST_CHARACTERS = 16_384;

export class OutputTail {
  #text = "";

  constructor(...streams: (Readable | null)[]) {
    for (const stream of streams) {
      if (stream === null) continue;
      stream.setEncoding("utf8");
      stream.on("data", (chunk: string) => {
        this.#text = (this.#text + chunk).slice(-MOST_CHARACTERS);
      });
    }
  }

  text(): string {
    return this.#text.trim();
  }
}
