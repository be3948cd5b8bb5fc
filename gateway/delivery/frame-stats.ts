/** Statistics of this gateway's frames, and of how long events took to get into them. */
import {
  BATCH_SIZE_BUCKETS,
  Histogram,
  LATENCY_SECONDS,
  SIZE_BYTES,
} from "../../shared/lib/histogram.ts";
import type { Hop, HopClock } from "../../shared/runtime/hops.ts";
import { type Frame, WIRES, type Wire } from "./frame.ts";

/** The hops that end with a frame: through this gateway, and the whole way from the publisher. */
interface FrameHops {
  readonly frame: Hop;
  readonly delivery: Hop;
}

export class FrameStats {
  /** Events shown by a frame. */
  readonly events = new Histogram(BATCH_SIZE_BUCKETS);
  /** Bytes of a frame, on each wire that a viewer in its group uses. */
  readonly bytes: Readonly<Record<Wire, Histogram>> = {
    msgpack: new Histogram(SIZE_BYTES),
    json: new Histogram(SIZE_BYTES),
    sse: new Histogram(SIZE_BYTES),
  };
  /** Time to write a frame to all viewers of a group; it blocks the event loop. */
  readonly writeSeconds = new Histogram(LATENCY_SECONDS);
  readonly #clock: HopClock;
  readonly #hops: FrameHops;

  constructor(clock: HopClock, hops: FrameHops) {
    this.#clock = clock;
    this.#hops = hops;
  }

  /**
   * A frame was written to a group: observed once, however many viewers it has.
   * @param group `isPaced`: its viewers asked to wait, so how long they did says nothing
   */
  written(frame: Frame, startedAt: number, { isPaced }: { readonly isPaced: boolean }): void {
    const now = this.#clock.now();
    const { events, encoded, oldest } = frame;
    this.events.observe(events.length);
    for (const wire of WIRES) {
      const size = encoded[wire]?.length;
      if (size !== undefined) this.bytes[wire].observe(size);
    }
    this.writeSeconds.observe((now - startedAt) / 1_000);
    if (oldest === undefined || isPaced) return;
    this.#hops.frame.took(now - oldest.at, oldest.trace);
    if (oldest.publishedAt === undefined) return;
    this.#hops.delivery.passed(oldest.publishedAt, this.#clock.wallAt(now), oldest.trace);
  }
}
