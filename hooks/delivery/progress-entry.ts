/** An entry of the bucket `ov_hooks` that one instance works on, and that others may change meanwhile. */
import type { Bucket } from "../../shared/bus/bucket.ts";
import { type EndpointProgress, encodeProgress } from "../../shared/protocol/hooks/progress.ts";

type Value = Parameters<typeof encodeProgress>[0];

export class ProgressEntry<T extends Value = EndpointProgress> {
  readonly #bucket: Pick<Bucket, "get" | "put">;
  readonly #key: string;
  readonly #decode: (value: Uint8Array | undefined) => T | undefined;
  #revision = 0;

  constructor(
    bucket: Pick<Bucket, "get" | "put">,
    key: string,
    decode: (value: Uint8Array | undefined) => T | undefined,
  ) {
    this.#bucket = bucket;
    this.#key = key;
    this.#decode = decode;
  }

  /** The revision that was last read or written. */
  get revision(): number {
    return this.#revision;
  }

  /** Reads it; undefined where there is none. @throws Error when it can't be read */
  async load(): Promise<T | undefined> {
    const entry = await this.#bucket.get(this.#key);
    this.#revision = entry?.revision ?? 0;
    return this.#decode(entry?.value);
  }

  /**
   * Writes it over what was last read or written.
   * @throws RevisionConflict when it was changed meanwhile; Error when it can't be written
   */
  async save(value: T): Promise<void> {
    this.#revision = await this.#bucket.put(this.#key, encodeProgress(value), this.#revision);
  }
}
