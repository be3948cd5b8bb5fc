/**
 * The dispatcher's membership in the queue groups of the partitions that it serves: it joins when it
 * can work and leaves to stop.
 */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import { partitionOf } from "../../shared/protocol/partitions.ts";
import {
  COMMAND_SUBJECTS,
  DISPATCHER_QUEUE,
  gatewayPartition,
  mappedSubject,
  PUBLISH_SUBJECTS,
  RETRACT_SUBJECTS,
  servicePartition,
  targetOfUnmapped,
} from "../../shared/protocol/subjects.ts";
import type { Commands } from "../commands/commands.ts";
import type { CountHandler } from "./count-handler.ts";
import type { PublishHandler } from "./publish-handler.ts";
import type { Replies } from "./replies.ts";
import type { RetractHandler } from "./retract-handler.ts";

interface QueueGroupOptions {
  readonly bus: Pick<Bus, "subscribe" | "flush" | "forward" | "lameDuck" | "onState">;
  /** How many partitions there are. */
  readonly partitions: number;
  readonly publishes: Pick<PublishHandler, "take">;
  readonly retractions: Pick<RetractHandler, "take">;
  readonly commands: Pick<Commands, "take">;
  readonly countRequests: Pick<CountHandler, "take">;
  readonly replies: Pick<Replies, "drain" | "toGateway">;
}

type Handler = Pick<PublishHandler, "take">;

export class QueueGroup {
  /** Requests of services that NATS did not map to a partition and another dispatcher serves. */
  readonly stats = { forwarded: 0 };
  readonly #options: QueueGroupOptions;
  /** What it should serve; without subscriptions while it moves to another server. */
  readonly #partitions = new Map<number, readonly BusSubscription[]>();
  #unmapped: readonly BusSubscription[] = [];
  #isOut = true;
  #isDrained = false;

  constructor(options: QueueGroupOptions) {
    this.#options = options;
  }

  /** The numbers of the partitions whose requests it takes now. */
  get served(): ReadonlySet<number> {
    return this.#isOut ? NONE : new Set(this.#partitions.keys());
  }

  /** Takes part, also in what NATS doesn't map to a partition; {@link join} says in which. */
  start(): void {
    const { bus } = this.#options;
    this.#enter();
    // The other dispatchers take the requests while this one moves to another server.
    bus.lameDuck.onLeave(() => this.#leaveAll());
    bus.onState((state) => {
      if (state === "connected" && this.#isOut && !this.#isDrained) this.#enter();
    });
  }

  /** Takes the requests of these partitions too; resolves when the server has processed that. */
  async join(partitions: readonly number[]): Promise<void> {
    if (this.#isDrained) return;
    for (const partition of partitions) {
      this.#partitions.set(partition, this.#isOut ? [] : this.#subscribe(partition));
    }
    await this.#options.bus.flush();
  }

  /** Takes no more requests of these partitions; resolves when those that arrived are handed on. */
  async leave(partitions: readonly number[]): Promise<void> {
    const left = partitions.flatMap((partition) => this.#partitions.get(partition) ?? []);
    for (const partition of partitions) this.#partitions.delete(partition);
    await Promise.all(left.map((subscription) => subscription.drain()));
  }

  /** Leaves for good; resolves when every request that was taken has its reply. */
  async drain(): Promise<void> {
    this.#isDrained = true;
    await this.#leaveAll();
  }

  #enter(): void {
    this.#isOut = false;
    const { publishes, retractions, commands } = this.#options;
    for (const partition of this.#partitions.keys()) {
      this.#partitions.set(partition, this.#subscribe(partition));
    }
    this.#unmapped = [
      this.#subscribeUnmapped(PUBLISH_SUBJECTS, publishes),
      this.#subscribeUnmapped(RETRACT_SUBJECTS, retractions),
      this.#subscribeUnmapped(COMMAND_SUBJECTS, commands),
    ];
  }

  #subscribe(partition: number): readonly BusSubscription[] {
    const { bus, replies, publishes, retractions, commands, countRequests } = this.#options;
    const join = (subjects: string, handler: Handler) =>
      bus.subscribe(
        subjects,
        (payload, subject, reply, _isRelayed, traces) =>
          handler.take(payload, subject, reply, traces),
        DISPATCHER_QUEUE,
      );
    const joinForGateways = (subjects: string, handler: Handler) =>
      bus.subscribe(
        subjects,
        (payload, subject, reply, _isRelayed, traces) =>
          handler.take(payload, subject, replies.toGateway(reply), traces),
        DISPATCHER_QUEUE,
      );
    const [service, gateway] = [servicePartition(partition), gatewayPartition(partition)];
    return [
      join(service.publish, publishes),
      join(service.retract, retractions),
      join(service.command, commands),
      joinForGateways(gateway.publish, publishes),
      joinForGateways(gateway.retract, retractions),
      joinForGateways(gateway.command, commands),
      joinForGateways(gateway.count, countRequests),
    ];
  }

  /** Where NATS has no mapping, whoever gets a service's request passes it on. */
  #subscribeUnmapped(subjects: string, handler: Handler): BusSubscription {
    const { bus, partitions } = this.#options;
    return bus.subscribe(
      subjects,
      (payload, subject, reply, _isRelayed, traces) => {
        const partition = partitionOf(targetOfUnmapped(subject), partitions);
        if (this.#partitions.has(partition)) return handler.take(payload, subject, reply, traces);
        this.stats.forwarded += 1;
        bus.forward(mappedSubject(subject, partition), payload, reply, traces);
      },
      DISPATCHER_QUEUE,
    );
  }

  async #leaveAll(): Promise<void> {
    this.#isOut = true;
    const all = [...this.#unmapped, ...[...this.#partitions.values()].flat()];
    this.#unmapped = [];
    for (const partition of this.#partitions.keys()) this.#partitions.set(partition, []);
    await Promise.all(all.map((subscription) => subscription.drain()));
    await this.#options.replies.drain();
  }
}

const NONE: ReadonlySet<number> = new Set();
