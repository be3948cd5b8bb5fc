/** The first connection: however long NATS takes to be there, but not past a refusal. */
import { setTimeout as wait } from "node:timers/promises";
import { type ConnectionOptions, connect, errors, type NatsConnection } from "nats";
import { monotonicNow } from "../runtime/lifecycle.ts";
import type { Log } from "../runtime/log.ts";
import { type Login, loginOptions } from "./login.ts";
import { serverOptions } from "./servers.ts";

/** A link that answers none of two is given up when the third is due: within three of these. */
const PING_INTERVAL_MS = 2_500;
const RECONNECT_WAIT_MS = 250;
const RECONNECT_JITTER_MS = 250;
const LOG_EVERY_MS = 10_000;

export interface BusOptions {
  readonly servers: readonly string[];
  /** When unset, the user and password of a server's URL, if it has them. */
  readonly login?: Login;
  /**
   * Answers come below `_INBOX.<inbox>`, where a user of NATS may be permitted to read only its own;
   * unset, below `_INBOX`.
   */
  readonly inbox?: string;
  /** Shown in NATS's own monitoring. */
  readonly name: string;
  readonly log: Log;
}

/** Below which subjects answers come. */
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
    // Or each request makes two errors with a stack beforehand, a tenth of a busy gateway's time.
    noAsyncTraces: true,
  };
}

/** The client has one class for this and for a server that was too busy to look at our login. */
function isRefusal(error: unknown): error is Error {
  return error instanceof errors.AuthorizationError && !/timeout/i.test(error.message);
}

/**
 * Connects by one try of each server that is given. The servers of a cluster name each other before
 * they look at a login, and the client tries, without a pause and without end, those that are named
 * anew: past the given ones it is stopped, and one server alone is asked what it holds against us.
 */
async function connectOnce(client: ConnectionOptions): Promise<NatsConnection> {
  const given = [client.servers ?? []].flat().length;
  let dials = 0;
  let connected = false;
  const reconnectToServer = () => {
    dials += 1;
    if (!connected && dials > given) throw new Error("no server that was given takes us");
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
 * Connects, trying again until a server takes us.
 * @throws Error when a server does not accept the login: trying again would not change that; and
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
