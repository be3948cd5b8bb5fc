/** `ovation hooks dead`: what could not be delivered. */
import type { z } from "zod";
import { storableBytes, storeMessage } from "../../shared/bus/store-message.ts";
import { type DeadLetter, decodeDeadLetter } from "../../shared/protocol/hooks/dead-letter.ts";
import { hookBodySchema } from "../../shared/protocol/hooks/events.ts";
import { requeuedSubject } from "../../shared/protocol/hooks/requeued.ts";
import { encodeStoredEvents, waitingEvent } from "../../shared/protocol/hooks/stored-events.ts";
import { DEAD_HOOKS_SUBJECTS, deadHooksSubject } from "../../shared/protocol/subjects.ts";
import type { HooksCommand } from "./arguments.ts";
import type { HooksStores } from "./stores.ts";

const READS_AT_ONCE = 8;
const STORE_TIMEOUT_MS = 5_000;

type DeadCommand = Extract<HooksCommand, { name: "dead" }>;

export async function dead(stores: HooksStores, command: DeadCommand): Promise<string> {
  const { act, endpoint, isJson } = command;
  switch (act) {
    case "list":
      return await list(stores, endpoint, isJson);
    case "requeue":
      return await requeue(stores, endpoint);
    case "purge": {
      const subject = endpoint === undefined ? DEAD_HOOKS_SUBJECTS : deadHooksSubject(endpoint);
      await stores.dead.purge(subject);
      return `The dead letters of ${endpoint} are removed.\n`;
    }
  }
}

async function* lettersOf(
  { dead: reader }: HooksStores,
  endpoint: string | undefined,
): AsyncGenerator<readonly [sequence: number, letter: DeadLetter]> {
  const { last } = await reader.extent();
  for await (const messages of reader.from(1, READS_AT_ONCE)) {
    for (const { sequence, payload } of messages) {
      // Those that come meanwhile are for the next time.
      if (sequence > last) return;
      const letter = decodeDeadLetter(payload);
      if (letter === undefined) continue;
      if (endpoint === undefined || letter.endpoint === endpoint) yield [sequence, letter];
    }
  }
}

async function list(
  stores: HooksStores,
  endpoint: string | undefined,
  isJson: boolean,
): Promise<string> {
  let text = "";
  for await (const [, { body: _, ...letter }] of lettersOf(stores, endpoint)) {
    const { webhookId, events, since, at, fault, isCut = false } = letter;
    const line = [
      webhookId,
      `${events} events`,
      `tried from ${new Date(since).toISOString()} to ${new Date(at).toISOString()}`,
      fault,
      ...(isCut ? ["without its data: it is too large for NATS"] : []),
    ];
    text += `${isJson ? JSON.stringify(letter) : line.join(", ")}\n`;
  }
  return text === "" && !isJson ? "There are no dead letters.\n" : text;
}

const isHookBody = (body: unknown): body is z.output<typeof hookBodySchema> =>
  hookBodySchema.safeParse(body).success;

async function requeue(stores: HooksStores, endpoint: string | undefined): Promise<string> {
  let count = 0;
  for await (const [sequence, letter] of lettersOf(stores, endpoint)) {
    const body: unknown = JSON.parse(letter.body);
    // As it was sent: what a schema returns may be without fields that it doesn't know.
    const { events } = (isHookBody(body) ? body : { data: { events: [] } }).data;
    const waiting = events.map(waitingEvent);
    const stored = { epoch: "", upTo: 0, mark: letter.webhookId, events: waiting };
    const payload = encodeStoredEvents(stored, storableBytes(stores.bus));
    const subject = requeuedSubject(letter.endpoint);
    await storeMessage(stores.bus, subject, payload, { timeoutMs: STORE_TIMEOUT_MS });
    await stores.dead.remove(sequence);
    count += 1;
  }
  return `${count} dead letters are delivered again.\n`;
}
