/** JetStream's management API, which creates, inspects and changes streams and consumers. */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { Bus } from "./connection.ts";

/**
 * Skips the client's own check: JetStream may be unavailable at the moment and return later.
 * @param timeout of each call, in milliseconds; by default the client's 5 s
 */
export async function managerOf(bus: Bus, timeout?: number): Promise<JetStreamManager> {
  const options = timeout === undefined ? {} : { timeout };
  return await jetstreamManager(bus.connection, { checkAPI: false, ...options });
}
