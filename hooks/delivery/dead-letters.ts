/** Keeps webhooks that could not be delivered. */
import type { Bus } from "../../shared/bus/connection.ts";
import { storeMessage } from "../../shared/bus/store-message.ts";
import { encodeDeadLetter } from "../../shared/protocol/hooks/dead-letter.ts";
import { deadHooksSubject } from "../../shared/protocol/subjects.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Batch } from "./batch.ts";

const STORE_TIMEOUT_MS = 5_000;

interface GivenUp {
  readonly endpoint: string;
  readonly id: string;
  readonly batch: Pick<Batch, "events">;
  readonly body: Buffer;
  readonly since: number;
  readonly fault: string;
}

export class DeadLetters {
  readonly #bus: Bus;
  readonly #now: WallClock;

  constructor(bus: Bus, now: WallClock) {
    this.#bus = bus;
    this.#now = now;
  }

  /** @throws Error when it can't be stored: then it is not given up yet */
  async add({ endpoint, id, batch, body, since, fault }: GivenUp): Promise<void> {
    const letter = encodeDeadLetter({
      webhookId: id,
      endpoint,
      since,
      at: this.#now(),
      fault,
      events: batch.events.length,
      body: body.toString(),
    });
    await storeMessage(this.#bus, deadHooksSubject(endpoint), letter, {
      timeoutMs: STORE_TIMEOUT_MS,
    });
  }
}
