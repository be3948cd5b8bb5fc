/** Answers gateways and the doctor with the settings that must be the same everywhere. */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import {
  type DispatcherStatement,
  encodeStatement,
} from "../../shared/protocol/common-settings.ts";
import { INSPECT_DISPATCHERS, isReservedSubject } from "../../shared/protocol/subjects.ts";

export class SettingsStatement {
  readonly #bus: Pick<Bus, "subscribe" | "publish">;
  readonly #statement: () => DispatcherStatement;
  #subscription: BusSubscription | undefined;

  constructor(bus: Pick<Bus, "subscribe" | "publish">, statement: () => DispatcherStatement) {
    this.#bus = bus;
    this.#statement = statement;
  }

  start(): void {
    this.#subscription = this.#bus.subscribe(INSPECT_DISPATCHERS, (_payload, _subject, reply) => {
      // We may publish where the requester may not: never reply on a subject of Ovation or NATS.
      if (reply === "" || isReservedSubject(reply)) return;
      this.#bus.publish(reply, encodeStatement(this.#statement()));
    });
  }

  stop(): void {
    this.#subscription?.unsubscribe();
  }
}
