/** The ways to the dispatchers: likes in batches, a connection's other events in their order, commands. */
import type { HopClock } from "../../shared/runtime/hops.ts";
import { Batcher } from "./batcher.ts";
import { CommandClient } from "./command-client.ts";
import { DispatcherClient, UNDER_WAY_LIMIT } from "./dispatcher-client.ts";
import { OrderedPublishes } from "./ordered-publishes.ts";
import { PartitionRequests } from "./partition-requests.ts";
import { PendingLimit } from "./pending-limit.ts";
import { EventsUnderWay } from "./under-way.ts";

type PublisherOptions = ConstructorParameters<typeof PartitionRequests>[0] & {
  readonly clock: HopClock;
};

export class Publisher {
  readonly requests: PartitionRequests;
  readonly client: DispatcherClient;
  readonly commands: CommandClient;
  /** For likes, which need no order, and for votes, of which a connection sends one at a time. */
  readonly batched: Batcher;
  /** Durable events that are being published here. */
  readonly durable = new EventsUnderWay();
  readonly #waiting = new PendingLimit();
  readonly #now: () => number;

  constructor(options: PublisherOptions) {
    this.#now = options.clock.now;
    this.requests = new PartitionRequests(options);
    const { requests } = this;
    this.client = new DispatcherClient({ requests, clock: options.clock });
    this.commands = new CommandClient({ requests });
    this.batched = new Batcher(this.client, this.#waiting, this.#now);
  }

  /** Events that wait for the answer to an earlier request. */
  get waiting(): number {
    return this.#waiting.count;
  }

  /** What waits, as a share of the limit. */
  get backlog(): number {
    return Math.max(this.client.underWay / UNDER_WAY_LIMIT, this.#waiting.share);
  }

  /** For one connection, whose events keep their order. */
  inOrder(): OrderedPublishes {
    return new OrderedPublishes(this.client, this.#waiting, this.#now);
  }
}
