/**
 * Reads a stream's messages in order, by a consumer that is deleted when it ends. The client's own
 * ordered consumer would do, but that it leaves the consumer on the server for minutes, and takes a
 * minute to see that the server which it was on is gone.
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
 * How long the server may take to make a consumer, in milliseconds, before another one is asked for.
 * NATS picks the one server that a consumer is on, and picks one that was killed as well, until it
 * has been silent for minutes: then nobody answers. Another consumer may be more lucky.
 */
const ANSWER_MS = [300, 500, 700, 1_000, 2_000, 3_000];
/** When there is nothing to send, the server says so; twice without a word means that it is gone. */
const HEARTBEAT_MS = 1_000;
/** A consumer that could not be deleted goes by itself after this. */
const INACTIVE_MS = 30_000;

/** Where to begin, and with which messages: as a consumer's configuration says it. */
export type OrderedStart = Pick<
  ConsumerConfig,
  "deliver_policy" | "filter_subject" | "opt_start_seq" | "opt_start_time"
>;

export interface OrderedRead {
  /** Messages that were there when the reading began. */
  readonly initialCount: number;
  /** Only the latest of each subject is read: it may be replaced before it is sent. */
  readonly isReplaceable: boolean;
  /** Ends early when the server of the consumer is gone, or when it left one out. */
  readonly messages: AsyncIterable<JsMsg>;
  /** How far the server has come: messages that it has still to send, and those that it sent. */
  progress(): Promise<{ readonly pending: number; readonly sent: number }>;
  /** Safe to call twice. */
  stop(): void;
}

/**
 * Begins to read; messages that come later follow those that are there.
 * @throws Error of the client: no such stream, or no consumer was to be had in some seconds
 */
export async function readOrdered(
  bus: Bus,
  stream: string,
  start: OrderedStart,
): Promise<OrderedRead> {
  const { name, config, num_pending: initialCount } = await makeConsumer(bus, stream, start);
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

async function makeConsumer(bus: Bus, stream: string, start: OrderedStart): Promise<ConsumerInfo> {
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

/** If that fails, the server lets the consumer go by itself. */
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
