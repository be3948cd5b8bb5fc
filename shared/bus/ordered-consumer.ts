/**
 * Reads a stream's messages in order, with a consumer that is deleted at the end. The client's own
 * ordered consumer leaves the consumer on the server for minutes, and takes a minute to notice that
 * the consumer's server is gone.
 */
import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
  jetstream,
} from "@nats-io/jetstream";
import { errors, nanos, nuid } from "nats";
import type { Bus } from "./connection.ts";
import { managerOf } from "./jetstream-manager.ts";

/**
 * How long the server may take to create a consumer, in milliseconds, before another is requested.
 * NATS places a consumer on one server, and may pick one that was killed until it has been silent
 * for minutes: then nobody answers. Another consumer may be placed on a live one.
 */
const ANSWER_MS = [300, 500, 700, 1_000, 2_000, 3_000];
/** An idle server sends heartbeats; two missed ones mean that it is gone. */
const HEARTBEAT_MS = 1_000;
/** A consumer that could not be deleted expires after this. */
const INACTIVE_MS = 30_000;

/** Where to start, and with which messages, as in a consumer's configuration. */
export type OrderedStart = Pick<
  ConsumerConfig,
  "deliver_policy" | "filter_subject" | "opt_start_seq" | "opt_start_time"
>;

export interface OrderedRead {
  /** Messages that were stored when the read started. */
  readonly initialCount: number;
  /** Only the latest message of each subject is read: it may be replaced before it is sent. */
  readonly isReplaceable: boolean;
  /** Ends early when the consumer's server is gone, or when a message is missing. */
  readonly messages: AsyncIterable<JsMsg>;
  /** The server's progress: messages still to send, and messages sent. */
  progress(): Promise<{ readonly pending: number; readonly sent: number }>;
  /** Safe to call twice. */
  stop(): void;
}

/**
 * Starts to read; new messages follow the stored ones.
 * @throws Error of the client: no such stream, or no consumer could be created within some seconds
 */
export async function readOrdered(
  bus: Bus,
  stream: string,
  start: OrderedStart,
): Promise<OrderedRead> {
  const { name, config, num_pending: initialCount } = await createConsumer(bus, stream, start);
  const { deliver_subject = "" } = config;
  const consumer = await jetstream(bus.connection).consumers.getBoundPushConsumer({
    deliver_subject,
    idle_heartbeat: nanos(HEARTBEAT_MS),
  });
  const incoming = await consumer.consume();
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    incoming.stop();
    if (bus.state === "connected") remove(bus, stream, name);
  };
  void stopWhenSilent(incoming, stop);
  const progress = async () => {
    const manager = await managerOf(bus);
    const { num_pending: pending, delivered } = await manager.consumers.info(stream, name);
    return { pending, sent: delivered.consumer_seq };
  };
  const isReplaceable = start.deliver_policy === DeliverPolicy.LastPerSubject;
  return { initialCount, isReplaceable, messages: inOrder(incoming, stop), progress, stop };
}

async function createConsumer(
  bus: Bus,
  stream: string,
  start: OrderedStart,
): Promise<ConsumerInfo> {
  let late: unknown;
  for (const timeout of ANSWER_MS) {
    const deliver_subject = bus.newInbox();
    const name = `read_${nuid.next()}`;
    try {
      const manager = await managerOf(bus, timeout);
      return await manager.consumers.add(stream, {
        ...start,
        name,
        deliver_subject,
        ack_policy: AckPolicy.None,
        max_deliver: 1,
        flow_control: true,
        idle_heartbeat: nanos(HEARTBEAT_MS),
        inactive_threshold: nanos(INACTIVE_MS),
        num_replicas: 1,
        mem_storage: true,
      });
    } catch (error) {
      if (!(error instanceof errors.TimeoutError)) throw error;
      late = error;
      remove(bus, stream, name);
    }
  }
  throw late;
}

/** If that fails, the server expires the consumer. */
function remove(bus: Bus, stream: string, name: string): void {
  managerOf(bus)
    .then((manager) => manager.consumers.delete(stream, name))
    .catch(() => undefined);
}

async function stopWhenSilent(incoming: ConsumerMessages, stop: () => void): Promise<void> {
  for await (const { type } of incoming.status()) {
    if (type === "heartbeats_missed") stop();
  }
}

async function* inOrder(incoming: ConsumerMessages, stop: () => void): AsyncGenerator<JsMsg> {
  let next = 1;
  for await (const message of incoming) {
    if (message.info.deliverySequence !== next) return stop();
    next += 1;
    yield message;
  }
}
