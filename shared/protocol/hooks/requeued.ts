/** Webhooks that are tried again after they were given up: a source of their own, by endpoint. */
import { hookEventsSubject } from "../subjects.ts";

const REQUEUED = "requeued";
const PREFIX = hookEventsSubject(REQUEUED, "");

export function requeuedSubject(endpoint: string): string {
  return PREFIX + endpoint;
}

/** The endpoint that a message is requeued for; undefined: it is for all. */
export function requeuedFor(subject: string): string | undefined {
  return subject.startsWith(PREFIX) ? subject.slice(PREFIX.length) : undefined;
}
