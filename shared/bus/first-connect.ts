/** The first connection: waits for NATS as long as it takes, but gives up on a refused login. */
import { setTimeout as wait } from "node:timers/promises";
import { type ConnectionOptions, connect, errors, type NatsConnection } from "nats";
import { monotonicNow } from "../runtime/lifecycle.ts";
import type { Log } from "../runtime/log.ts";
import { type Login, loginOptions } from "./login.ts";
import { serverOptions } from "./servers.ts";

/** A link that misses two pongs is dropped at the third ping: within three of these intervals. */
const PING_INTERVAL_MS = 2_500;
const RECONNECT_WAIT_MS = 250;
const RECONNECT_JITTER_MS = 250;
const LOG_EVERY_MS = 10_000;

export interface BusOptions {
  readonly servers: readonly string[];
  /** When unset, the user and password of a server's URL, if it has them. */
  readonly login?: Login;
  /**
   * Replies arrive below `_INBOX.<inbox>`, so that a NATS user can be permitted to read only its
   * own; when unset, below `_INBOX`.
   */
  readonly inbox?: string;
  /** Shown in NATS's own monitoring. */
  readonly name: string;
  readonly log: Log;
}

/** The subject prefix of replies. */
export function inboxPrefixOf({ inbox }: BusOptions): string {
  return inbox === undefined ? "_INBOX" : `_INBOX.${inbox}`;
}

function clientOptions(options: BusOptions): ConnectionOptions {
  const login = loginOptions(options.login ?? {});
  const { user, pass, ...servers } = serverOptions(options.servers);
  // The client would send both logins together.
  const isSet = login.authenticator !== undefined;
  const fromUrl = isSet || user === undefined ? {} : { user, pass: pass ?? "" };
  return {
    ...servers,
    ...fromUrl,
    ...login,
    inboxPrefix: inboxPrefixOf(options),
    name: options.name,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: 2,
    timeout: 5_000,
    // Otherwise each request creates two errors with stacks: a tenth of a busy gateway's time.
    noAsyncTraces: true,
  };
}

/** The client uses the same error class for a server that was too busy to check our login. */
function isRefusal(error: unknown): error is Error {
  return error instanceof errors.AuthorizationError && !/timeout/i.test(error.message);
}

/**
 * Connects by trying each given server once. The servers of a cluster advertise each other before
 * they check a login, and the client tries the newly advertised ones endlessly without a pause: so
 * it is stopped after the given ones, and a single server is tried to get the error.
 */
async function connectOnce(client: ConnectionOptions): Promise<NatsConnection> {
  const given = [client.servers ?? []].flat().length;
  let dials = 0;
  let connected = false;
  const reconnectToServer = () => {
    dials += 1;
    if (!connected && dials > given) throw new Error("none of the given servers accepts us");
    return null;
  };
  try {
    const connection = await connect({ ...client, reconnectToServer });
    connected = true;
    return connection;
  } catch (error) {
    if (dials <= given) throw error;
    const alone = await connect({ ...client, ignoreClusterUpdates: true });
    await alone.close();
    throw error;
  }
}

/**
 * Connects, retrying until a server accepts.
 * @throws Error when a server does not accept the login, since a retry would not change that; and
 * when a file of the login can't be read
 */
export async function firstConnect(
  options: BusOptions,
  random: () => number = Math.random,
): Promise<NatsConnection> {
  const client = clientOptions(options);
  let loggedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      return await connectOnce(client);
    } catch (error) {
      if (isRefusal(error)) {
        throw new Error(`NATS does not accept our login: ${error.message}`, { cause: error });
      }
      if (monotonicNow() - loggedAt > LOG_EVERY_MS) {
        loggedAt = monotonicNow();
        options.log.warn({ error: String(error), servers: client.servers }, "waiting for NATS");
      }
      await wait(RECONNECT_WAIT_MS + random() * RECONNECT_JITTER_MS);
    }
  }
}
