/** Publish requests as they come over the bus: checked, given ids and times, answered. */

import { decodeUntrusted } from "../shared/decode-untrusted.ts";
import type { DispatchedEvent } from "../shared/dispatched.ts";
import { asOvationError, OvationError } from "../shared/errors.ts";
import { type EventInput, type EventRules, parsePublishRequest } from "../shared/events.ts";
import { type DeliveryClass, VIEWERS_KIND } from "../shared/kinds.ts";
import type { WallClock } from "../shared/lifecycle.ts";
import type { Log } from "../shared/log.ts";
import { EventIds } from "../shared/names.ts";
import { videoOfPublishSubject } from "../shared/subjects.ts";
import { type Encoding, encode, encodeMsgpack, sniffEncoding } from "../shared/wire/codec.ts";

interface IntakeOptions {
  readonly rules: EventRules;
  readonly now: WallClock;
  readonly log: Log;
  /** Sends events to the Frontends; throws when they can't be sent. */
  readonly emit: (video: string, events: readonly DispatchedEvent[]) => void;
  /** A gateway asks for the viewers of a video to be counted. */
  readonly askCount: (video: string) => void;
  readonly answer: (reply: string, payload: Uint8Array) => void;
}

export interface IntakeStats {
  requests: number;
  events: Record<DeliveryClass, number>;
  /** Refused requests by error code. */
  readonly refused: Map<string, number>;
}

function isCountRequest(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && "kind" in value && value.kind === VIEWERS_KIND
  );
}

export class Intake {
  readonly stats: IntakeStats = {
    requests: 0,
    events: { transient: 0, durable: 0, latest: 0 },
    refused: new Map(),
  };
  readonly #options: IntakeOptions;
  readonly #ids = new EventIds();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes one publish request off the bus: one event or a list, in msgpack or JSON. */
  take(payload: Uint8Array, subject: string, reply: string): void {
    this.stats.requests += 1;
    const encoding = sniffEncoding(payload);
    let answer: unknown;
    try {
      answer = { accepted: this.#accept(encoding, payload, subject) };
    } catch (fault) {
      const error = asOvationError(fault);
      if (error.code === "internal") this.#options.log.error({ err: fault }, "request failed");
      this.stats.refused.set(error.code, (this.stats.refused.get(error.code) ?? 0) + 1);
      answer = { error: error.body() };
    }
    if (reply !== "") this.#options.answer(reply, encode(encoding, answer));
  }

  #accept(encoding: Encoding, payload: Uint8Array, subject: string): string[] {
    const { rules, emit, askCount } = this.#options;
    const video = videoOfPublishSubject(subject);
    if (video === undefined) throw new OvationError("video_invalid", undefined, { field: "video" });
    const value = decodeUntrusted(encoding, payload, "body_malformed", "the request");
    if (isCountRequest(value)) {
      askCount(video);
      return [];
    }
    const inputs = parsePublishRequest(value, rules, payload.length);
    const ids: string[] = [];
    const at = this.#options.now();
    const events = inputs.map((input) => {
      const id = input.id ?? this.#ids.next();
      ids.push(id);
      return this.#dispatched(input, id, at);
    });
    emit(video, events);
    return ids;
  }

  #dispatched(input: EventInput, id: string, at: number): DispatchedEvent {
    const { kind, actor, data } = input;
    const deliveryClass = this.#options.rules.kinds.get(kind)?.deliveryClass ?? "transient";
    this.stats.events[deliveryClass] += 1;
    const bytes = encodeMsgpack({
      id,
      kind,
      at,
      ...(actor === undefined ? {} : { actor }),
      ...(data === undefined ? {} : { data }),
    });
    return input.id === undefined
      ? { kind, deliveryClass, bytes }
      : { kind, deliveryClass, bytes, givenId: id };
  }

  /** The event that tells a video's viewers how many they are. */
  viewersEvent(viewers: number): DispatchedEvent {
    const event = { id: this.#ids.next(), kind: VIEWERS_KIND, at: this.#options.now() };
    return {
      kind: VIEWERS_KIND,
      deliveryClass: "latest",
      bytes: encodeMsgpack({ ...event, data: { viewers } }),
    };
  }
}
