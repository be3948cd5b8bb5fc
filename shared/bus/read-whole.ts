/** Reads the current content of a stream, and ends. */
import type { JsMsg } from "@nats-io/jetstream";
import type { Bus } from "./connection.ts";
import { InitialSnapshot } from "./initial-snapshot.ts";
import { type OrderedStart, readOrdered } from "./ordered-consumer.ts";

/**
 * Calls `take` for each stored message, in the stream's order. Keeping a message keeps the much
 * larger network buffer that it is a slice of.
 * @throws Error of the client: no such stream; or when not all messages arrived
 */
export async function readWhole(
  bus: Bus,
  stream: string,
  start: OrderedStart,
  take: (message: JsMsg) => void,
): Promise<void> {
  const read = await readOrdered(bus, stream, start);
  let isComplete = false;
  const snapshot = new InitialSnapshot(read, () => {
    isComplete = true;
    read.stop();
  });
  snapshot.start();
  try {
    if (isComplete) return;
    for await (const message of read.messages) {
      take(message);
      snapshot.received(message.info.pending);
      if (isComplete) break;
    }
  } finally {
    snapshot.end();
    read.stop();
  }
  if (!isComplete) throw new Error(`${stream} could not be read completely`);
}
