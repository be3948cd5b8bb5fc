/**
 * The dispatcher's membership in the queue groups of the partitions that it serves: it joins when it
 * can work and leaves to stop.
 */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import {
  DISPATCHER_QUEUE,
  GATEWAY_REQUESTS,
  type GatewaySubjects,
  gatewayPartition,
  type PartitionSubjects,
  SERVICE_REQUESTS,
  servicePartition,
} from "../../shared/protocol/subjects.ts";
import type { Commands } from "../commands/commands.ts";
import type { CountHandler } from "./count-handler.ts";
import type { PublishHandler } from "./publish-handler.ts";
import type { Replies } from "./replies.ts";
import type { RetractHandler } from "./retract-handler.ts";

interface QueueGroupOptions {
  readonly bus: Pick<Bus, "subscribe" | "flush" | "lameDuck" | "onState">;
  readonly publishes: Pick<PublishHandler, "take">;
  readonly retractions: Pick<RetractHandler, "take">;
  readonly commands: Pick<Commands, "take">;
  readonly countRequests: Pick<CountHandler, "take">;
  readonly replies: Pick<Replies, "drain" | "toGateway">;
}

type Handler = Pick<PublishHandler, "take">;

export class QueueGroup {
  readonly #options: QueueGroupOptions;
  /** What it should serve; without subscriptions while it moves to another server. */
  readonly #partitions = new Map<number, readonly BusSubscription[]>();
  /** To what names no partition. */
  #ofAny: readonly BusSubscription[] = [];
  #isOut = true;
  #isDrained = false;

  constructor(options: QueueGroupOptions) {
    this.#options = options;
  }

  /** The numbers of the partitions whose requests it takes now. */
  get served(): ReadonlySet<number> {
    return this.#isOut ? NONE : new Set(this.#partitions.keys());
  }

  /** Takes requests that name no partition; {@link join} says which others. */
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
      this.#partitions.set(partition, this.#isOut ? [] : this.#subscribePartition(partition));
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
    for (const partition of this.#partitions.keys()) {
      this.#partitions.set(partition, this.#subscribePartition(partition));
    }
    this.#ofAny = this.#subscribe(SERVICE_REQUESTS, GATEWAY_REQUESTS);
  }

  #subscribePartition(partition: number): readonly BusSubscription[] {
    return this.#subscribe(servicePartition(partition), gatewayPartition(partition));
  }

  #subscribe(service: PartitionSubjects, gateway: GatewaySubjects): readonly BusSubscription[] {
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

  async #leaveAll(): Promise<void> {
    this.#isOut = true;
    const all = [...this.#ofAny, ...[...this.#partitions.values()].flat()];
    this.#ofAny = [];
    for (const partition of this.#partitions.keys()) this.#partitions.set(partition, []);
    await Promise.all(all.map((subscription) => subscription.drain()));
    await this.#options.replies.drain();
  }
}

const NONE: ReadonlySet<number> = new Set();
