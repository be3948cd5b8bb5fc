/**
 * Access to one stream through JetStream's management API. nats-server before 2.9.15 lists a stream
 * a moment before it has a store, and panics when somebody reads it then: so nothing but its info is
 * requested until that says when the stream was created, once for each connection.
 */
import type { JetStreamManager } from "@nats-io/jetstream";
import type { Bus } from "./connection.ts";
import { createdInfo, isStreamMissing } from "./ensure-stream.ts";
import { managerOf } from "./jetstream-manager.ts";

const OPERATION_TIMEOUT_MS = 2_000;

export class StreamAccess {
  readonly name: string;
  readonly #bus: Bus;
  #manager: Promise<JetStreamManager> | undefined;
  /** The connection during which the stream was known to be created. */
  #createdDuring: number | undefined;
  #checking: Promise<unknown> | undefined;

  constructor(bus: Bus, name: string) {
    this.#bus = bus;
    this.name = name;
  }

  /**
   * Requests what may be requested of a stream that is being created: its info, its creation.
   * @throws Error of the client; OvationError unavailable, timeout
   */
  async manage<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    return await this.#bus.whileConnected(async () => await work(await this.#open()));
  }

  /**
   * Reads the stream or changes its content.
   * @throws Error of the client, also when there is no such stream; OvationError unavailable, timeout
   */
  async use<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    return await this.manage(async (manager) => {
      if (this.#createdDuring !== this.#bus.connectionCount) await this.#check(manager);
      try {
        return await work(manager);
      } catch (error) {
        if (isStreamMissing(error)) this.#createdDuring = undefined;
        throw error;
      }
    });
  }

  /**
   * Calls `listener` when somebody creates or deletes the stream.
   * @returns a function that stops listening
   */
  onRecreated(listener: () => void): () => void {
    return this.#bus.onStream(["CREATED", "DELETED"], this.name, () => {
      this.#createdDuring = undefined;
      listener();
    });
  }

  async #check(manager: JetStreamManager): Promise<void> {
    const { connectionCount } = this.#bus;
    this.#checking ??= createdInfo(manager, this.name).finally(() => {
      this.#checking = undefined;
    });
    await this.#checking;
    this.#createdDuring = connectionCount;
  }

  #open(): Promise<JetStreamManager> {
    this.#manager ??= managerOf(this.#bus, OPERATION_TIMEOUT_MS);
    return this.#manager;
  }
}
