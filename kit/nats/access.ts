/** The users of `ovation.conf`: their passwords, and how they log in. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** The configuration that says what each user may do. */
export const ACCESS_CONFIG = join(import.meta.dirname, "../../deploy/nats/ovation.conf");

export const NATS_USERS = ["admin", "gateway", "dispatcher", "publisher", "observer"] as const;
export type NatsUser = (typeof NATS_USERS)[number];

/** The password of each user. */
export type NatsPasswords = Readonly<Record<NatsUser, string>>;

/** Passwords made at random, for a server that only this process's children know. */
export function randomPasswords(): NatsPasswords {
  return passwordsBy(() => randomBytes(24).toString("hex"));
}

/** @param secret gives each user's; it may be anything that a URL and an environment can hold */
export function passwordsBy(secret: (user: NatsUser) => string): NatsPasswords {
  // A letter first: nats-server would read a value that looks like a number as one.
  const entries = NATS_USERS.map((user) => [user, `p${secret(user)}`] as const);
  return Object.fromEntries(entries) as Record<NatsUser, string>;
}

/** The variables that `ovation.conf` takes the passwords from. */
export function accessEnv(passwords: NatsPasswords): Record<string, string> {
  return Object.fromEntries(
    NATS_USERS.map((user) => [`NATS_${user.toUpperCase()}_PASSWORD`, passwords[user]]),
  );
}

/** The URL by which a user logs in: a secret. */
export function urlAs(url: string, user: NatsUser, passwords: NatsPasswords): string {
  const login = new URL(url);
  login.username = user;
  login.password = passwords[user];
  return login.href;
}
