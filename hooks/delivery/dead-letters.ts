/**
 * Keeps webhooks that could not be delivered: each as one letter, or as several where NATS takes no
 * message so large.
 */
import type { Bus } from "../../shared/bus/connection.ts";
import { storableBytes, storeMessage } from "../../shared/bus/store-message.ts";
import { encodeDeadLetter } from "../../shared/protocol/hooks/dead-letter.ts";
import type { WaitingEvent } from "../../shared/protocol/hooks/stored-events.ts";
import { withoutData } from "../../shared/protocol/hooks/without-data.ts";
import { deadHooksSubject } from "../../shared/protocol/subjects.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { type Batch, bodyOf } from "./batch.ts";

const STORE_TIMEOUT_MS = 5_000;
/** Of what can be stored: a letter's events are stored once more, in other words, to deliver them again. */
const LIMIT_SHARE = 0.9;

interface GivenUp {
  readonly endpoint: string;
  readonly id: string;
  readonly batch: Pick<Batch, "events">;
  readonly since: number;
  readonly fault: string;
}

export class DeadLetters {
  /** Events that are kept without their data. */
  cut = 0;
  readonly #bus: Bus;
  readonly #now: WallClock;
  readonly #log: Log;

  constructor(bus: Bus, now: WallClock, log: Log) {
    this.#bus = bus;
    this.#now = now;
    this.#log = log;
  }

  /**
   * @returns how many letters were stored. Where there are several, each has an id of its own, made of
   * the webhook's; an event that is too large by itself is kept without its data.
   * @throws Error when it can't be stored: then it is not given up yet
   */
  async add(given: GivenUp): Promise<number> {
    const { events } = given.batch;
    const letter = this.#encoded(given, events, false);
    if (letter.length <= LIMIT_SHARE * storableBytes(this.#bus)) {
      await this.#store(given, letter);
      return 1;
    }
    if (events.length > 1) {
      const middle = Math.ceil(events.length / 2);
      const halves = [events.slice(0, middle), events.slice(middle)];
      let letters = 0;
      for (const [index, half] of halves.entries()) {
        const id = `${given.id}.${index + 1}`;
        letters += await this.add({ ...given, id, batch: { events: half } });
      }
      return letters;
    }
    await this.#store(given, this.#encoded(given, events.map(withoutData), true));
    this.cut += 1;
    this.#log.error(
      { endpoint: given.endpoint, id: given.id },
      "a webhook that is given up is kept without its data: NATS takes no message so large",
    );
    return 1;
  }

  #encoded(given: GivenUp, events: readonly WaitingEvent[], isCut: boolean): Buffer {
    const { endpoint, id, since, fault } = given;
    return encodeDeadLetter({
      webhookId: id,
      endpoint,
      since,
      at: this.#now(),
      fault,
      events: events.length,
      ...(isCut ? { isCut } : {}),
      body: bodyOf({ events }).toString(),
    });
  }

  async #store({ endpoint }: GivenUp, letter: Buffer): Promise<void> {
    await storeMessage(this.#bus, deadHooksSubject(endpoint), letter, {
      timeoutMs: STORE_TIMEOUT_MS,
    });
  }
}
