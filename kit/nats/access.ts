/** The users in `ovation.conf`: their passwords and logins. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** The configuration that defines each user's permissions. */
export const ACCESS_CONFIG = join(import.meta.dirname, "../../deploy/nats/ovation.conf");

export const NATS_USERS = [
  "admin",
  "gateway",
  "dispatcher",
  "hooks",
  "publisher",
  "observer",
  "consumer",
  "system",
] as const;
export type NatsUser = (typeof NATS_USERS)[number];

/** The password of each user. */
export type NatsPasswords = Readonly<Record<NatsUser, string>>;

/** Random passwords, for a server that only this process's children use. */
export function randomPasswords(): NatsPasswords {
  return passwordsBy(() => randomBytes(24).toString("hex"));
}

/** @param secret returns each user's secret, which must fit in a URL and in an environment variable */
export function passwordsBy(secret: (user: NatsUser) => string): NatsPasswords {
  // A letter first: nats-server parses a value that looks like a number as one.
  const entries = NATS_USERS.map((user) => [user, `p${secret(user)}`] as const);
  return Object.fromEntries(entries) as Record<NatsUser, string>;
}

/** The variables from which `ovation.conf` takes the passwords. */
export function accessEnv(passwords: NatsPasswords): Record<string, string> {
  return Object.fromEntries(
    NATS_USERS.map((user) => [`NATS_${user.toUpperCase()}_PASSWORD`, passwords[user]]),
  );
}

/** The URL with a user's login; it is a secret. */
export function urlAs(url: string, user: NatsUser, passwords: NatsPasswords): string {
  const login = new URL(url);
  login.username = user;
  login.password = passwords[user];
  return login.href;
}
