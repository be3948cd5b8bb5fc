/** A disk of a few megabytes that can be filled to the last byte. */
import { execFile } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const BLOCK = Buffer.alloc(65_536);

export class SmallDisk {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async make(path: string, bytes: number): Promise<SmallDisk> {
    await mkdir(path, { recursive: true });
    await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path]);
    return new SmallDisk(path);
  }

  /** Fills it to the last byte. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, "a");
    try {
      for (let { length } = BLOCK; length > 0; length >>= 1) await writeMany(file, length);
    } finally {
      await file.close();
    }
  }

  /** Removes the filler. */
  async empty(): Promise<void> {
    await rm(this.#filler);
  }

  async remove(): Promise<void> {
    await run("umount", ["--lazy", this.#path]);
  }

  get #filler(): string {
    return join(this.#path, "filler");
  }
}

/** Writes blocks of this length until no further one fits. */
async function writeMany(
  file: { write(data: Buffer): Promise<unknown> },
  length: number,
): Promise<void> {
  for (;;) {
    try {
      await file.write(BLOCK.subarray(0, length));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") return;
      throw error;
    }
  }
}
