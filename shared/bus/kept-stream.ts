/** A JetStream stream that dispatchers create where it is missing. */
import type { StreamConfig } from "@nats-io/jetstream";
import type { Bus } from "./connection.ts";
import { ensureStream } from "./ensure-stream.ts";
import { StreamAccess } from "./stream-access.ts";

export class KeptStream {
  readonly name: string;
  readonly #config: Partial<StreamConfig> & { readonly name: string };
  readonly #access: StreamAccess;

  constructor(bus: Bus, config: Partial<StreamConfig> & { readonly name: string }) {
    this.name = config.name;
    this.#config = config;
    this.#access = new StreamAccess(bus, config.name);
  }

  /** Creates it if it doesn't exist. An existing one is used as it is. */
  async ensure(): Promise<void> {
    await this.#access.manage((manager) => ensureStream(manager, this.#config));
  }

  /** Removes the messages of all subjects that match `filter`. */
  async purge(filter: string): Promise<void> {
    await this.#access.use((manager) => manager.streams.purge(this.name, { filter }));
  }

  /**
   * Calls `listener` when somebody creates or deletes it.
   * @returns a function that stops listening
   */
  onRecreated(listener: () => void): () => void {
    return this.#access.onRecreated(listener);
  }
}
