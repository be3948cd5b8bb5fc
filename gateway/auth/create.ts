/** Creates the authenticator that the settings ask for. */
import type { Bus } from "../../shared/bus/connection.ts";
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { ApiKeyFile } from "./api-key-file.ts";
import { type Authenticator, OpenAuthenticator, TokenAuthenticator } from "./authenticator.ts";
import { loadKeyring } from "./keyring.ts";
import { RemoteKeys } from "./remote-keys.ts";
import { Tickets } from "./tickets.ts";
import { TokenVerifier } from "./token-verifier.ts";

interface AuthOptions {
  readonly bus: Bus;
  readonly config: GatewayConfig;
  readonly log: Log;
}

/** The authenticator, and those of its parts that have metrics. */
export interface Auth {
  readonly authenticator: Authenticator;
  readonly tickets: Tickets;
  readonly remoteKeys: RemoteKeys | undefined;
  readonly apiKeys: ApiKeyFile;
}

/** @throws Error that names the setting and the file at fault */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { bus, config, log } = options;
  const now = monotonicNow;
  const tickets = new Tickets({
    bus,
    log,
    now,
    wallClock: Date.now,
    lifeMs: config.authTicketMs,
    replicas: config.tableReplicas,
    clientSharePercent: config.clientSharePercent,
    limitedClientsKept: config.limitedClientsKept,
  });
  const apiKeys = new ApiKeyFile(config.authApiKeysFile, log);
  if (config.open) {
    log.warn("OPEN: anyone who reaches this gateway may watch, publish and delete events (--open)");
    const authenticator = new OpenAuthenticator(tickets);
    return { authenticator, tickets, remoteKeys: undefined, apiKeys };
  }
  const { authJwksUrl: url } = config;
  const remoteKeys =
    url === undefined
      ? undefined
      : new RemoteKeys({
          url,
          cooldownMs: config.authJwksCooldownMs,
          staleMs: config.authJwksStaleMs,
          now,
          log,
        });
  const verifier = new TokenVerifier(await loadKeyring(config), remoteKeys, config);
  await apiKeys.start();
  const authenticator = new TokenAuthenticator(verifier, apiKeys, tickets);
  return { authenticator, tickets, remoteKeys, apiKeys };
}
