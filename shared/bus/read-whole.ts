/** Reads what a stream holds now, and ends. */
import type { JsMsg } from "@nats-io/jetstream";
import type { Bus } from "./connection.ts";
import { Beginning } from "./initial-snapshot.ts";
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
  let isWhole = false;
  const beginning = new Beginning(read, () => {
    isWhole = true;
    read.stop();
  });
  try {
    if (isWhole) return;
    for await (const message of read.messages) {
      take(message);
      beginning.came(message.info.pending);
      if (isWhole) break;
    }
  } finally {
    beginning.end();
    read.stop();
  }
  if (!isWhole) throw new Error(`${stream} could not be read whole`);
}
