/** A request that every subscriber answers. */
import { setTimeout as wait } from "node:timers/promises";
import type { Bus } from "./connection.ts";

/** Further answers are ignored. */
const ANSWERS_LIMIT = 1_000;

/** Resolves with the answers received within `waitMs`; with none while not connected. */
export async function requestAll(
  bus: Bus,
  subject: string,
  payload: Uint8Array,
  waitMs: number,
): Promise<readonly Uint8Array[]> {
  if (bus.state !== "connected") return [];
  const answers: Uint8Array[] = [];
  const reply = bus.newInbox();
  const subscription = bus.subscribe(reply, (answer, _subject, _reply, isRelayed) => {
    // NATS itself answers when there is no subscriber.
    if (!isRelayed && answers.length < ANSWERS_LIMIT) answers.push(answer);
  });
  try {
    bus.connection.publish(subject, payload, { reply });
    await wait(waitMs, undefined, { ref: false });
  } finally {
    subscription.unsubscribe();
  }
  return answers;
}
