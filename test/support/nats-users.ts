/** Logins for a test's nats-server, on which every user has its production permissions. */
import { connect, type NatsConnection, type NodeConnectionOptions } from "nats";
import { type NatsUser, passwordsBy, urlAs } from "../../kit/nats/access.ts";

export const TEST_PASSWORDS = passwordsBy((user) => `-${user}-of-a-test`);

/** For requests that a busy machine may answer late. */
export const PATIENCE = { timeout: 30_000 };

/** The server's URL with a user and password. */
export function natsUrlAs(user: NatsUser, url: string): string {
  return urlAs(url, user, TEST_PASSWORDS);
}

/** Connects as a user; by default as admin, to see what no part of Ovation may see. */
export async function connectTo(
  url: string,
  user: NatsUser = "admin",
  options: NodeConnectionOptions = {},
): Promise<NatsConnection> {
  return await connect({
    servers: new URL(url).host,
    user,
    pass: TEST_PASSWORDS[user],
    ...(user === "admin" ? {} : { inboxPrefix: `_INBOX.${user}` }),
    ...options,
  });
}
