/** Gives accepted events their ids and encodes them, once for all gateways and the history. */
import type { LiveRules, RequestEvent } from "../../shared/protocol/events.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { encodeUnplaced } from "../../shared/protocol/history/durable-event.ts";
import type { DeliveryClass } from "../../shared/protocol/kinds.ts";
import type { ShadowEvent } from "../../shared/protocol/moderation/shadow.ts";
import { EventIds, ReservedIds } from "../../shared/protocol/names.ts";
import { variantIn } from "../../shared/protocol/publishable.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { UnstoredEvent } from "../history/batch.ts";
import { ownerOf, repeatKeyOf } from "./owner.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export class EventFactory {
  readonly #rules: LiveRules;
  readonly #ids = new EventIds();
  readonly #reservedIds = new ReservedIds();

  constructor(rules: LiveRules) {
    this.#rules = rules;
  }

  classOf({ kind }: RequestEvent): DeliveryClass {
    return this.#rules.kinds.get(kind)?.deliveryClass ?? "transient";
  }

  /** The id that its publisher gave it, or a new one. */
  idOf(input: RequestEvent): string {
    if (input.id !== undefined) return input.id;
    return this.classOf(input) === "durable" ? this.#ids.next() : this.#reservedIds.next();
  }

  /** The same for an event that is not durable. */
  unstoredIdOf(input: RequestEvent): string {
    return input.id ?? this.#reservedIds.next();
  }

  /** @param at when it was accepted, in milliseconds since 1970 */
  durable(input: RequestEvent, id: string, at: number): UnstoredEvent {
    const { kind, actor, data } = input;
    const bytes = encodeUnplaced({ id, kind, at, actor, data });
    return { id, kind, bytes, owner: ownerOf(input) };
  }

  /** An event that is sent and not stored. */
  fanout(input: RequestEvent, id: string, at: number): FanoutEvent {
    const { kind, actor, data } = input;
    const known = this.#rules.kinds.get(kind);
    const deliveryClass = known?.deliveryClass ?? "transient";
    if (deliveryClass !== "transient" && deliveryClass !== "latest") {
      throw new Error(`events of class ${deliveryClass} are stored`);
    }
    const bytes = encodeMsgpack({
      id,
      kind,
      at,
      ...(actor === undefined ? {} : { actor }),
      ...(data === undefined ? {} : { data }),
    });
    // One string for all events of a kind: whoever compares them need not read them.
    const event: Writable<FanoutEvent> = { kind: known?.name ?? kind, deliveryClass, bytes };
    if (input.id !== undefined) event.repeatKey = repeatKeyOf(id, input);
    if (known?.variants !== undefined) {
      const variant = variantIn(data);
      if (variant !== undefined) event.variant = variant;
    }
    return event;
  }

  /** An event that only its actor may see. */
  shadow(input: RequestEvent, at: number): ShadowEvent {
    const { kind, actor = "", data } = input;
    const id = this.idOf(input);
    const event = { id, kind, at, ...(actor === "" ? {} : { actor }) };
    const bytes = encodeMsgpack(data === undefined ? event : { ...event, data });
    return { id, kind, bytes };
  }
}
