/** A comment as it is shown: others published it, so its data may be anything. */
import type { OvationEvent } from "../index.ts";
import { GUEST_PREFIX } from "./identity.ts";

const TEXT_LENGTH = 2_000;
const NAME_LENGTH = 64;

export interface Comment {
  readonly id: string;
  readonly actor: string | undefined;
  readonly name: string;
  readonly text: string;
}

/**
 * The comment in an event: `data` is its text, or has `text` and maybe `name`.
 * @param guest the name of somebody without one
 */
export function commentOf({ id, actor, data }: OvationEvent, guest: string): Comment {
  const { name, text } = Object(data) as { readonly name?: unknown; readonly text?: unknown };
  const words = typeof text === "string" ? text : data;
  const known = actor?.startsWith(GUEST_PREFIX) === false ? actor : guest;
  const who = typeof name === "string" && name.trim() !== "" ? name : known;
  return {
    id,
    actor,
    name: who.slice(0, NAME_LENGTH),
    text: (typeof words === "string" ? words : (JSON.stringify(words) ?? "")).slice(0, TEXT_LENGTH),
  };
}

/** A name's own colour, from 0 to 359 degrees, the same in every window. */
export function hueOf(name: string): number {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return hash;
}
