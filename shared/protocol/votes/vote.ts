/** A vote as it is published: `{poll, choice}` in the `data` of an event of class `vote`. */
import { OvationError } from "../errors.ts";
import { POLL_PATTERN } from "../name-patterns.ts";

const CHOICE_LIMIT = 15;

export interface Vote {
  readonly poll: string;
  /** The choice's place in the poll's list, from 0. */
  readonly choice: number;
}

/**
 * @param at prefix of the field in an error, such as `events[3].`
 * @throws OvationError field_invalid
 */
export function parseVote(data: unknown, at = ""): Vote {
  const { poll, choice } =
    typeof data === "object" && data !== null ? (data as Record<string, unknown>) : {};
  if (typeof poll !== "string" || !POLL_PATTERN.test(poll)) {
    const field = `${at}data.poll`;
    const text = `${field}: must be a poll's name, 1 to 64 characters of A-Z a-z 0-9 _ -`;
    throw new OvationError("field_invalid", text, { field });
  }
  if (!isChoice(choice)) {
    const field = `${at}data.choice`;
    const text = `${field}: must be a choice's place in the poll's list, from 0 to ${CHOICE_LIMIT}`;
    throw new OvationError("field_invalid", text, { field, limit: CHOICE_LIMIT });
  }
  return { poll, choice };
}

function isChoice(value: unknown): value is number {
  return (
    typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= CHOICE_LIMIT
  );
}

/** @throws OvationError actor_required */
export function requireActor(actor: string | undefined, at = ""): string {
  if (actor !== undefined) return actor;
  const field = `${at}actor`;
  throw new OvationError("actor_required", `${field}: a vote needs an actor`, { field });
}
