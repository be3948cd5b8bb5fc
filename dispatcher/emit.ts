/** Sends what is to be known of a video to each Frontend that has viewers of it: encoded once. */
import { type DispatchedEvent, encodeDispatched } from "../shared/dispatched.ts";
import { OvationError } from "../shared/errors.ts";
import { TRACEPARENT_BYTES, type TraceContext } from "../shared/tracing/trace-context.ts";

/** Bytes that an event's envelope may add to its own. */
const ENTRY_OVERHEAD_BYTES = 128;
/** What a message has beside its events. */
const MESSAGE_OVERHEAD_BYTES = 64 + TRACEPARENT_BYTES;

interface EmitterOptions {
  readonly subjects: (video: string) => readonly string[];
  readonly publish: (subject: string, payload: Uint8Array) => boolean;
  readonly maxPayloadBytes: () => number;
}

export class Emitter {
  readonly #options: EmitterOptions;
  /** Messages sent, and events that no Frontend had viewers for. */
  readonly stats = { messages: 0, unwatchedEvents: 0 };

  constructor(options: EmitterOptions) {
    this.#options = options;
  }

  /**
   * Sends events that are not stored.
   * @param trace that they belong to
   * @throws OvationError `unavailable` when the bus takes nothing of it, `timeout` when it takes only
   * a part; a repeat with the same ids is shown once
   */
  emit(video: string, events: readonly DispatchedEvent[], trace: TraceContext | undefined): void {
    const subjects = this.#options.subjects(video);
    if (subjects.length === 0) {
      this.stats.unwatchedEvents += events.length;
      return;
    }
    let sent = 0;
    for (const part of this.#parts(events)) {
      sent = this.#send(subjects, encodeDispatched(part, trace), sent);
    }
  }

  /**
   * Sends one message as it is, such as a stored record.
   * @param events how many events it brings
   * @throws OvationError as {@link emit}
   */
  send(video: string, payload: Uint8Array, events: number): void {
    const subjects = this.#options.subjects(video);
    if (subjects.length === 0) this.stats.unwatchedEvents += events;
    else this.#send(subjects, payload, 0);
  }

  /** Returns how many messages of the whole have been sent. */
  #send(subjects: readonly string[], payload: Uint8Array, sentBefore: number): number {
    let sent = sentBefore;
    for (const subject of subjects) {
      if (!this.#options.publish(subject, payload)) {
        throw new OvationError(sent === 0 ? "unavailable" : "timeout");
      }
      sent += 1;
      this.stats.messages += 1;
    }
    return sent;
  }

  /** Cuts a list where the message would pass what the NATS server takes. */
  *#parts(events: readonly DispatchedEvent[]): Generator<readonly DispatchedEvent[]> {
    if (events.length === 1) return yield events;
    const limit = this.#options.maxPayloadBytes() - MESSAGE_OVERHEAD_BYTES;
    let from = 0;
    let bytes = 0;
    for (const [index, event] of events.entries()) {
      const size = event.bytes.length + ENTRY_OVERHEAD_BYTES;
      if (bytes + size > limit && index > from) {
        yield events.slice(from, index);
        from = index;
        bytes = 0;
      }
      bytes += size;
    }
    yield events.slice(from);
  }
}
