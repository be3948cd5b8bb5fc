/**
 * Who may repeat an event id: the publisher who used it first. One without a name (a viewer whose
 * token has no `sub`, or a service over NATS) is recognized by the event itself: its repeat has the
 * same content, over whichever connection and gateway it comes.
 */
import { hash } from "node:crypto";
import type { RequestEvent } from "../../shared/protocol/events.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";

/** 96 bits: whoever forges one gains only the answer to somebody else's repeat. */
const CHARACTERS = 16;

function shortHash(value: string | Buffer): string {
  return hash("sha256", value, "base64url").slice(0, CHARACTERS);
}

/** A publisher's event, which a reviewer may have changed. */
export interface OwnedEvent extends RequestEvent {
  /** The owner of its id, from before it was changed. */
  readonly owner?: string;
}

/** The owner of a durable event's id, as it is stored. */
export function ownerOf({ owner, by, ...content }: OwnedEvent): string {
  return owner ?? (by === undefined ? contentHashOf(content) : shortHash(by));
}

/** The same for events with the same content. */
export function contentHashOf({ kind, actor, data }: RequestEvent): string {
  return shortHash(encodeMsgpack([kind, actor ?? null, data ?? null]));
}

/**
 * The key by which gateways tell the repeat of an event that isn't stored from another event. No
 * publisher's `by` begins like a kind, and no id contains a space.
 */
export function repeatKeyOf(id: string, event: RequestEvent): string {
  const { by, kind, actor, data } = event;
  if (by !== undefined) return `${id} ${by}`;
  return data === undefined ? `${id} ${kind} ${actor ?? ""}` : `${id} =${ownerOf(event)}`;
}
