/** The API keys of the file, which is read again when it changes. A broken one changes nothing. */
import { FileWatch } from "../../shared/runtime/file-watch.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { type ApiKeys, loadApiKeys } from "./api-keys.ts";
import type { Grant } from "./grant.ts";

export class ApiKeyFile {
  readonly stats = { reloads: 0, failures: 0 };
  readonly #path: string | undefined;
  readonly #log: Log;
  readonly #watch = new FileWatch();
  #keys: ApiKeys = new Map();
  #fault: string | undefined;
  #onReload: () => void = () => undefined;

  /** @param path undefined: there are no keys */
  constructor(path: string | undefined, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** The grant of the key with this hash. */
  get(hash: string): Grant | undefined {
    return this.#keys.get(hash);
  }

  /** Calls the listener after the keys were read again, when nobody uses a grant of before any more. */
  onReload(listener: () => void): void {
    this.#onReload = listener;
  }

  /**
   * What the holder of a grant may do by the file as it was read last.
   * @returns the grant itself when it is of no API key; undefined when its key is not in the file, or has
   *   another actor
   */
  renewed(grant: Grant): Grant | undefined {
    const { apiKey } = grant.record;
    if (apiKey === undefined) return grant;
    const now = this.#keys.get(apiKey);
    return now?.actor === grant.actor ? now : undefined;
  }

  /** A warning for the operator. */
  get warning(): string | undefined {
    return this.#fault === undefined ? undefined : `the new API keys can't be used: ${this.#fault}`;
  }

  /**
   * Reads the file, and watches it.
   * @throws Error that names the setting, the file and the first problem
   */
  async start(): Promise<void> {
    if (this.#path === undefined) return;
    this.#keys = await loadApiKeys(this.#path);
    this.#watch.start(
      [this.#path],
      () => void this.reload(),
      (folder, error) =>
        this.#log.warn(
          { folder, error: String(error) },
          "the API keys' file is not watched: send SIGHUP to read it again",
        ),
    );
  }

  /** Reads the file again. */
  async reload(): Promise<void> {
    if (this.#path === undefined) return;
    try {
      const keys = await loadApiKeys(this.#path);
      const added = [...keys.keys()].filter((hash) => !this.#keys.has(hash)).length;
      const removed = [...this.#keys.keys()].filter((hash) => !keys.has(hash)).length;
      this.#keys = keys;
      this.#fault = undefined;
      this.stats.reloads += 1;
      this.#log.info({ keys: keys.size, added, removed }, "the API keys were read again");
      // Whoever has looked up a key a moment ago is connected by then.
      setImmediate(() => this.#onReload());
    } catch (error) {
      this.stats.failures += 1;
      this.#fault = error instanceof Error ? error.message : String(error);
      this.#log.error(
        { error: this.#fault },
        "the new API keys can't be used: the old ones stay in use",
      );
    }
  }

  stop(): void {
    this.#watch.stop();
  }
}
