/** The first connection: however long NATS takes to be there, but not past a refusal. */
import { setTimeout as wait } from "node:timers/promises";
import { type ConnectionOptions, connect, errors, type NatsConnection } from "nats";
import { monotonicNow } from "../lifecycle.ts";
import type { Log } from "../log.ts";

const RETRY_MS = 250;
const LOG_EVERY_MS = 10_000;

/**
 * Connects, trying again until a server takes us.
 * @throws Error when a server does not accept the login: trying again would not change that
 */
export async function firstConnect(options: ConnectionOptions, log: Log): Promise<NatsConnection> {
  let loggedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      return await connect(options);
    } catch (error) {
      if (error instanceof errors.AuthorizationError) {
        throw new Error(`NATS does not accept our login: ${error.message}`, { cause: error });
      }
      if (monotonicNow() - loggedAt > LOG_EVERY_MS) {
        loggedAt = monotonicNow();
        log.warn({ error: String(error), servers: options.servers }, "waiting for NATS");
      }
      await wait(RETRY_MS * (1 + Math.random()));
    }
  }
}
