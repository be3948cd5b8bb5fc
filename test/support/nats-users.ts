/** Logging in to a test's nats-server, on which every user has the rights that it has in earnest. */
import { connect, type NatsConnection, type NodeConnectionOptions } from "nats";
import { type NatsUser, passwordsBy, urlAs } from "../../kit/nats/access.ts";

export const TEST_PASSWORDS = passwordsBy((user) => `-${user}-of-a-test`);

/** The server's URL, with a user and the password. */
export function natsUrlAs(user: NatsUser, url: string): string {
  return urlAs(url, user, TEST_PASSWORDS);
}

/** Connects as a user; as admin unless told, to look at what no part of Ovation may see. */
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
