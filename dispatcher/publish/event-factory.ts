/** Gives accepted events their ids and encodes them, once for all gateways and the history. */
import type { LiveRules, OvationEvent, RequestEvent } from "../../shared/protocol/events.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { encodeUnplaced } from "../../shared/protocol/history/durable-event.ts";
import type { DeliveryClass } from "../../shared/protocol/kinds.ts";
import type { ShadowEvent } from "../../shared/protocol/moderation/shadow.ts";
import { EventIds, ReservedIds } from "../../shared/protocol/names.ts";
import { variantIn } from "../../shared/protocol/publishable.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { UnstoredEvent } from "../history/batch.ts";
import { ownerOf, repeatKeyOf } from "./owner.ts";

/** Encoded when it is sent: of a flood, most events are only counted. */
class UnsentEvent implements FanoutEvent {
  readonly kind: string;
  readonly deliveryClass: "transient" | "latest";
  readonly repeatKey: string | undefined;
  readonly variant: string | undefined;
  readonly #id: string;
  readonly #at: number;
  readonly #input: RequestEvent;
  #bytes: Uint8Array | undefined;

  constructor(
    {
      kind,
      deliveryClass,
      variant,
    }: Pick<FanoutEvent, "kind" | "variant"> & {
      readonly deliveryClass: "transient" | "latest";
    },
    input: RequestEvent,
    id: string,
    at: number,
  ) {
    this.kind = kind;
    this.deliveryClass = deliveryClass;
    this.variant = variant;
    this.repeatKey = input.id === undefined ? undefined : repeatKeyOf(id, input);
    this.#id = id;
    this.#at = at;
    this.#input = input;
  }

  get bytes(): Uint8Array {
    this.#bytes ??= this.#encode();
    return this.#bytes;
  }

  #encode(): Uint8Array {
    const { actor, data } = this.#input;
    const event: { -readonly [Field in keyof OvationEvent]: OvationEvent[Field] } = {
      id: this.#id,
      kind: this.kind,
      at: this.#at,
    };
    if (actor !== undefined) event.actor = actor;
    if (data !== undefined) event.data = data;
    return encodeMsgpack(event);
  }
}

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
    const { kind, data } = input;
    const known = this.#rules.kinds.get(kind);
    const deliveryClass = known?.deliveryClass ?? "transient";
    if (deliveryClass !== "transient" && deliveryClass !== "latest") {
      throw new Error(`events of class ${deliveryClass} are stored`);
    }
    const variant = known?.variants === undefined ? undefined : variantIn(data);
    // One string for all events of a kind: whoever compares them need not read them.
    const described = { kind: known?.name ?? kind, deliveryClass, variant };
    return new UnsentEvent(described, input, id, at);
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
