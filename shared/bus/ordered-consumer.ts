/**
 * Reads a stream's messages in order, by a consumer of our own that is deleted when it ends: the
 * client's own KV watch leaves its consumer on the server for minutes.
 */
import {
  type ConsumerMessages,
  type JsMsg,
  jetstream,
  type OrderedPushConsumerOptions,
} from "@nats-io/jetstream";
import type { Bus } from "./connection.ts";

export interface OrderedRead {
  /** Messages that were there when the reading began. */
  readonly initialCount: number;
  readonly messages: AsyncIterable<JsMsg>;
  /** How far the server has come: messages that it has still to send, and the last that it sent. */
  progress(): Promise<{ readonly pending: number; readonly sent: number }>;
  /** Safe to call twice. */
  stop(): void;
}

/** Begins to read; messages that come later follow those that are there. */
export async function readOrdered(
  bus: Bus,
  stream: string,
  options: Partial<OrderedPushConsumerOptions>,
): Promise<OrderedRead> {
  const consumer = await jetstream(bus.connection).consumers.getPushConsumer(stream, {
    ...options,
    deliver_prefix: bus.newInbox(),
  });
  const { num_pending: initialCount } = await consumer.info(true);
  const messages: ConsumerMessages = await consumer.consume();
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    messages.stop();
    // If that fails, the server lets the consumer go by itself, in some minutes.
    if (bus.state === "connected") consumer.delete().catch(() => undefined);
  };
  const progress = async () => {
    const { num_pending: pending, delivered } = await consumer.info();
    return { pending, sent: delivered.stream_seq };
  };
  return { initialCount, messages, progress, stop };
}
