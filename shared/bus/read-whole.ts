/** Reads what a stream holds now, and ends. */
import type { JsMsg } from "@nats-io/jetstream";
import type { Bus } from "./connection.ts";
import { InitialSnapshot } from "./initial-snapshot.ts";
import { type OrderedStart, readOrdered } from "./ordered-consumer.ts";

/**
 * Calls `take` for each of the messages that are there, in the stream's order. Of a message that is
 * kept, so is the much larger piece of what came from the network that it lies in.
 * @throws Error of the client: no such stream; or when not all of them came
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
  if (!isComplete) throw new Error(`${stream} could not be read whole`);
}
