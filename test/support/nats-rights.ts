/** What each role may publish and subscribe to, by deploy/nats/ovation.conf. */
import { readFileSync } from "node:fs";
import { ACCESS_CONFIG, NATS_USERS, type NatsUser } from "../../kit/nats/access.ts";

/** Users for people, who run what concerns all of NATS. */
const OF_PEOPLE = ["admin", "system"] as const;
const isOfPeople = (user: NatsUser): user is (typeof OF_PEOPLE)[number] =>
  OF_PEOPLE.some((one) => one === user);

export const NATS_ROLES = NATS_USERS.filter(
  (user): user is Exclude<NatsUser, (typeof OF_PEOPLE)[number]> => !isOfPeople(user),
);
export type NatsRole = (typeof NATS_ROLES)[number];

export interface Rights {
  readonly publish: readonly string[];
  /** With a queue group after a blank, if it may be used in that group only. */
  readonly subscribe: readonly string[];
}

/** The rights of a role. @throws when the file doesn't list them */
export function rightsOf(role: NatsRole): Rights {
  const text = readFileSync(ACCESS_CONFIG, "utf8");
  const [, user] = new RegExp(`user: ${role}\\n([\\s\\S]*?)\\n        }`).exec(text) ?? [];
  if (user === undefined) throw new Error(`${ACCESS_CONFIG} has no user ${role}`);
  const listed = (what: string) => {
    const [, list = ""] = new RegExp(`${what} {\\s*allow: \\[([\\s\\S]*?)\\]`).exec(user) ?? [];
    return [...list.matchAll(/^\s*"(.*)"$/gm)].map(([, subject = ""]) => subject);
  };
  return { publish: listed("publish"), subscribe: listed("subscribe") };
}

/** Whether a right covers a subject. */
export function covers(right: string, subject: string): boolean {
  const [tokens, of] = [right.split("."), subject.split(".")];
  const isOpen = tokens.at(-1) === ">";
  if (isOpen ? of.length < tokens.length : of.length !== tokens.length) return false;
  return tokens.every((token, index) => token === "*" || token === ">" || token === of[index]);
}
