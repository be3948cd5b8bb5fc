/**
 * What goes into a webhook: the next events that an endpoint gets, in the order of the stream. Its
 * bounds are sequences, so whoever reads them again makes the same webhook.
 */
import type { ReadMessage } from "../../shared/bus/stream-reader.ts";
import { hookBody } from "../../shared/protocol/hooks/events.ts";
import type { EndpointBatch } from "../../shared/protocol/hooks/progress.ts";
import { requeuedFor } from "../../shared/protocol/hooks/requeued.ts";
import {
  decodeStoredEvents,
  type WaitingEvent,
} from "../../shared/protocol/hooks/stored-events.ts";
import { remainsOf } from "../../shared/protocol/subjects.ts";
import type { Endpoint } from "../endpoints.ts";
import type { EventReader } from "./event-reader.ts";

/** Bytes of the events of a batch; a message with more is a batch of its own. */
const BATCH_LIMIT_BYTES = 262_144;
/** Messages that are read at once. */
const READS_AT_ONCE = 8;

export interface Batch {
  readonly first: number;
  readonly last: number;
  readonly events: readonly WaitingEvent[];
  /** Where it was given up before, and is tried again: the webhook id that it had. */
  readonly webhookId?: string | undefined;
}

type Recipient = Pick<Endpoint, "name" | "events">;

/** The events of a message that an endpoint gets. */
function eventsFor({ name, events: wanted }: Recipient, { subject, payload }: ReadMessage) {
  // It was read at the place that it belongs to.
  if (remainsOf(subject) !== undefined) return { events: [], webhookId: undefined };
  const requeued = requeuedFor(subject);
  if (requeued !== undefined && requeued !== name) return { events: [], webhookId: undefined };
  const stored = decodeStoredEvents(payload);
  const events = (stored?.events ?? []).filter(({ type }) => wanted?.has(type) ?? true);
  return { events, webhookId: requeued === undefined ? undefined : stored?.mark };
}

/**
 * The batch after a position, of as much as there is now.
 * @returns undefined when there is nothing after it; a batch without events passes what others get
 */
export async function nextBatch(
  reader: Pick<EventReader, "from">,
  recipient: Recipient,
  position: number,
  limit: number,
): Promise<Batch | undefined> {
  let batch: Batch | undefined;
  let bytes = 0;
  for await (const messages of reader.from(position + 1, READS_AT_ONCE)) {
    for (const message of messages) {
      const { events, webhookId } = eventsFor(recipient, message);
      const size = events.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
      const count = batch?.events.length ?? 0;
      const isFull =
        events.length > 0 &&
        count > 0 &&
        (webhookId !== undefined ||
          count + events.length > limit ||
          bytes + size > BATCH_LIMIT_BYTES);
      if (isFull) return batch;
      batch = {
        first: batch?.first ?? message.sequence,
        last: message.sequence,
        events: [...(batch?.events ?? []), ...events],
        webhookId,
      };
      bytes += size;
      if (batch.events.length >= limit || webhookId !== undefined) return batch;
    }
  }
  return batch;
}

/** A batch as it was, without what was removed from the stream meanwhile, or deleted. */
export async function sameBatch(
  reader: Pick<EventReader, "from">,
  recipient: Recipient,
  { first, last }: EndpointBatch,
): Promise<Batch> {
  const events: WaitingEvent[] = [];
  let id: string | undefined;
  for await (const messages of reader.from(first, READS_AT_ONCE)) {
    for (const message of messages) {
      if (message.sequence > last) return { first, last, events, webhookId: id };
      const { events: more, webhookId } = eventsFor(recipient, message);
      events.push(...more);
      id = webhookId ?? id;
    }
  }
  return { first, last, events, webhookId: id };
}

/** What is sent. */
export function bodyOf({ events }: Pick<Batch, "events">): Buffer {
  return hookBody(
    events.map(({ json }) => json),
    Math.max(...events.map(({ at }) => at)),
  );
}
