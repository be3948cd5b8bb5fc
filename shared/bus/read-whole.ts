/** Reads what a stream holds now, and ends. */
import type { JsMsg } from "@nats-io/jetstream";
import type { Bus } from "./connection.ts";
import { type OrderedStart, readOrdered } from "./ordered-consumer.ts";

/** So long may pass without a message before the reading is given up. */
const SILENCE_MS = 5_000;
const PROGRESS_MS = 100;

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
  let last = 0;
  let isWhole = read.initialCount === 0;
  const deadline = setTimeout(() => read.stop(), SILENCE_MS);
  // The last ones may be erased or trimmed before they are sent: then none says that it is the last.
  const look = setInterval(async () => {
    const { pending, sent } = await read.progress().catch(() => ({ pending: 1, sent: 0 }));
    if (pending > 0 || sent > last) return;
    isWhole = true;
    read.stop();
  }, PROGRESS_MS);
  try {
    if (isWhole) return;
    for await (const message of read.messages) {
      take(message);
      last = message.seq;
      deadline.refresh();
      isWhole ||= message.info.pending === 0;
      if (isWhole) break;
    }
  } finally {
    clearTimeout(deadline);
    clearInterval(look);
    read.stop();
  }
  if (!isWhole) throw new Error(`${stream} could not be read whole`);
}
