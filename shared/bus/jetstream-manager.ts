/** JetStream's management, by which streams and consumers are made, looked at and changed. */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { Bus } from "./connection.ts";

/**
 * Without the client's own check: JetStream may be away just now and come back.
 * @param timeout of each call, in milliseconds; else the client's own, of 5 s
 */
export async function managerOf(bus: Bus, timeout?: number): Promise<JetStreamManager> {
  const options = timeout === undefined ? {} : { timeout };
  return await jetstreamManager(bus.connection, { checkAPI: false, ...options });
}
