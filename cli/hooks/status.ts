/** `ovation hooks status`: which instance works, and how far each endpoint is. */
import { decodeHooksLease, LEASE_KEY } from "../../shared/protocol/hooks/progress.ts";
import { deadHooksSubject } from "../../shared/protocol/subjects.ts";
import type { HooksStores } from "./stores.ts";

interface EndpointStatus {
  readonly endpoint: string;
  /** Messages of the stream; each holds one or more events. */
  readonly waiting: number;
  /** When the oldest of them was stored, in milliseconds since 1970. */
  readonly oldestAt: number | null;
  /** Since when the webhook is tried that is being sent. */
  readonly tryingSince: number | null;
  readonly goneAt: number | null;
  readonly deadLetters: number;
}

/** @returns text for a terminal, or JSON */
export async function status(stores: HooksStores, isJson: boolean): Promise<string> {
  const lease = decodeHooksLease((await stores.bucket.get(LEASE_KEY))?.value);
  const { last } = await stores.events.extent();
  const dead = await stores.dead.counts();
  const all: EndpointStatus[] = [];
  for (const [endpoint, { position, batch, goneAt }] of await stores.endpoints()) {
    const oldest = position < last ? await stores.events.next(position + 1) : undefined;
    all.push({
      endpoint,
      waiting: oldest === undefined ? 0 : last - oldest.sequence + 1,
      oldestAt: oldest?.storedAt ?? null,
      tryingSince: batch?.since ?? null,
      goneAt,
      deadLetters: dead.get(deadHooksSubject(endpoint)) ?? 0,
    });
  }
  const working = lease?.holder ?? null;
  if (isJson) return `${JSON.stringify({ working, endpoints: all })}\n`;
  const head = working === null ? "No instance works." : `Instance ${working} works.`;
  return `${[head, ...all.map(lineOf)].join("\n")}\n`;
}

const timeText = (ms: number): string => new Date(ms).toISOString();

function lineOf(one: EndpointStatus): string {
  const { endpoint, waiting, oldestAt, tryingSince, goneAt, deadLetters } = one;
  const parts = [
    waiting === 0 ? "nothing waits" : `${waiting} messages wait`,
    ...(oldestAt === null ? [] : [`the oldest since ${timeText(oldestAt)}`]),
    ...(goneAt === null ? [] : [`it wants no more since ${timeText(goneAt)} (410)`]),
    ...(tryingSince === null ? [] : [`a webhook is tried since ${timeText(tryingSince)}`]),
    ...(deadLetters === 0 ? [] : [`${deadLetters} dead letters`]),
  ];
  return `${endpoint}: ${parts.join(", ")}`;
}
