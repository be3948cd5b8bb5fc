/** The dispatcher's membership in the queue group: it joins when it can work and leaves to stop. */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import {
  COMMAND_SUBJECTS,
  COUNT_SUBJECTS,
  DISPATCHER_QUEUE,
  GATEWAY_COMMAND_SUBJECTS,
  GATEWAY_PUBLISH_SUBJECTS,
  GATEWAY_RETRACT_SUBJECTS,
  PUBLISH_SUBJECTS,
  RETRACT_SUBJECTS,
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
  #subscriptions: readonly BusSubscription[] = [];
  #isDrained = false;

  constructor(options: QueueGroupOptions) {
    this.#options = options;
  }

  /** Joins; resolves when the server has processed the subscriptions. */
  async start(): Promise<void> {
    const { bus } = this.#options;
    this.#join();
    await bus.flush();
    // The other dispatchers take the requests while this one moves to another server.
    bus.lameDuck.onLeave(() => this.#leave());
    bus.onState((state) => {
      const isOut = this.#subscriptions.length === 0;
      if (state === "connected" && isOut && !this.#isDrained) this.#join();
    });
  }

  /** Leaves for good; resolves when every request that was taken has its reply. */
  async drain(): Promise<void> {
    this.#isDrained = true;
    await this.#leave();
  }

  #join(): void {
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
    this.#subscriptions = [
      join(PUBLISH_SUBJECTS, publishes),
      join(RETRACT_SUBJECTS, retractions),
      join(COMMAND_SUBJECTS, commands),
      joinForGateways(GATEWAY_PUBLISH_SUBJECTS, publishes),
      joinForGateways(GATEWAY_RETRACT_SUBJECTS, retractions),
      joinForGateways(GATEWAY_COMMAND_SUBJECTS, commands),
      joinForGateways(COUNT_SUBJECTS, countRequests),
    ];
  }

  async #leave(): Promise<void> {
    const subscriptions = this.#subscriptions;
    this.#subscriptions = [];
    await Promise.all(subscriptions.map((subscription) => subscription.drain()));
    await this.#options.replies.drain();
  }
}
