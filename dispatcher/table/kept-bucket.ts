/** Keeps a bucket in existence that only others use. */
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import type { Log } from "../../shared/runtime/log.ts";

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5_000;

interface KeptBucketOptions {
  readonly bus: Bus;
  readonly bucket: Bucket;
  readonly log: Log;
}

export class KeptBucket {
  readonly #options: KeptBucketOptions;
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void)[] = [];
  #stopped = false;

  constructor(options: KeptBucketOptions) {
    this.#options = options;
  }

  /** Creates the bucket where it is missing: now, after each reconnect, and when it was deleted. */
  start(): void {
    const { bus, bucket } = this.#options;
    this.#unlisten = [
      bus.onState((state) => {
        if (state === "connected") this.#ensure();
      }),
      bucket.onRecreated(() => this.#ensure()),
    ];
    this.#ensure();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
  }

  #ensure(): void {
    clearTimeout(this.#timer);
    const { bucket, log } = this.#options;
    bucket.ensure().then(
      () => this.#backoff.reset(),
      (error: unknown) => {
        log.debug({ bucket: bucket.spec.name, err: error }, "a bucket can't be created; retrying");
        if (!this.#stopped) this.#timer = setTimeout(() => this.#ensure(), this.#backoff.nextMs());
      },
    );
  }
}
