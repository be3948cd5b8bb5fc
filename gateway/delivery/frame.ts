/**
 * A frame: what viewers of a video get in one write. However many viewers there are, it is encoded
 * once for each wire that they use.
 */
import type { DeliveredClass } from "../../shared/protocol/kinds.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { Counts } from "../../shared/protocol/wire/messages.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";

export const WIRES = ["msgpack", "json", "sse"] as const;
/** The encoding and protocol of a viewer's connection. */
export type Wire = (typeof WIRES)[number];

/** When a dispatcher's message arrived; all of its events share one. */
export interface Arrival {
  /** By the monotonic clock. */
  readonly at: number;
  /** When its oldest event was published, in milliseconds since 1970; undefined if unknown. */
  readonly publishedAt: number | undefined;
  /** The trace that it belongs to. */
  readonly trace?: TraceContext | undefined;
}

/** An event in a video's log. `position` numbers all events of the video at this gateway. */
export interface LoggedEvent {
  readonly kind: string;
  readonly deliveryClass: DeliveredClass;
  /** The event as msgpack, as it is sent to viewers. */
  readonly bytes: Uint8Array;
  readonly position: number;
  /** Undefined for an event that was read from the history. */
  readonly arrival?: Arrival | undefined;
  /** The event as JSON text, once a viewer needs it. */
  json?: string;
}

/** How many events of each delivery class a frame represents. */
export type ClassTally = Readonly<Record<DeliveredClass, number>>;

function fixstr(text: string): Buffer {
  return encodeMsgpack(text);
}

/** First bytes of the map, with three and with four fields: `{op: "events", video: …`. */
const HEAD = [0x83, 0x84].map((map) =>
  Buffer.concat([Buffer.of(map), fixstr("op"), fixstr("events"), fixstr("video")]),
) as [Buffer, Buffer];
const EVENTS_KEY = fixstr("events");
const COUNTS_KEY = fixstr("counts");

/** Header of a msgpack array: https://github.com/msgpack/msgpack/blob/master/spec.md#array-format-family */
function arrayHeader(length: number): Buffer {
  if (length < 16) return Buffer.of(0x90 | length);
  const header = Buffer.alloc(3);
  header[0] = 0xdc;
  header.writeUInt16BE(length, 1);
  return header;
}

/**
 * A message of a Server-Sent Events stream.
 * @param id the id that the client remembers; without one it keeps the one it has
 */
export function sseMessage(data: string, id?: string): string {
  return `${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;
}

export class Frame {
  readonly video: string;
  readonly events: readonly LoggedEvent[];
  /** Exact numbers by kind, if `events` is only a part. */
  readonly counts: Counts | undefined;
  readonly tally: ClassTally;
  /** The arrival of the oldest event that it represents, if known. */
  oldest: Arrival | undefined;
  /** The `id:` for SSE clients. */
  readonly #sseId: string | undefined;
  readonly #encoded: Partial<Record<Wire, Buffer>> = {};

  constructor(
    video: string,
    events: readonly LoggedEvent[],
    counts: Counts | undefined,
    tally: ClassTally,
    sseId: string | undefined,
  ) {
    this.video = video;
    this.events = events;
    this.counts = counts;
    this.tally = tally;
    this.#sseId = sseId;
  }

  /** Events that the frame contains only as counts. */
  get sampledOut(): number {
    const { transient, durable, latest, state } = this.tally;
    return transient + durable + latest + state - this.events.length;
  }

  /** The frame's bytes on each wire that has been needed. */
  get encoded(): Readonly<Partial<Record<Wire, Buffer>>> {
    return this.#encoded;
  }

  /** The frame's bytes on a wire; the same buffer for every viewer. */
  on(wire: Wire): Buffer {
    const encoded = this.#encoded[wire];
    if (encoded !== undefined) return encoded;
    const bytes = this.#encode(wire);
    this.#encoded[wire] = bytes;
    return bytes;
  }

  #encode(wire: Wire): Buffer {
    switch (wire) {
      case "msgpack":
        return this.#msgpack();
      case "json":
        return Buffer.from(this.#json());
      case "sse":
        return Buffer.from(sseMessage(this.#json(), this.#sseId));
    }
  }

  /** Joins the events' own bytes: none of them is decoded. */
  #msgpack(): Buffer {
    const parts: Uint8Array[] = [
      this.counts === undefined ? HEAD[0] : HEAD[1],
      fixstr(this.video),
      EVENTS_KEY,
      arrayHeader(this.events.length),
    ];
    for (const event of this.events) parts.push(event.bytes);
    if (this.counts !== undefined) parts.push(COUNTS_KEY, encodeMsgpack(this.counts));
    return Buffer.concat(parts);
  }

  #json(): string {
    const events = this.events.map((event) => {
      event.json ??= JSON.stringify(decodeTrustedMsgpack(event.bytes));
      return event.json;
    });
    const counts = this.counts === undefined ? "" : `,"counts":${JSON.stringify(this.counts)}`;
    return `{"op":"events","video":"${this.video}","events":[${events.join(",")}]${counts}}`;
  }
}
