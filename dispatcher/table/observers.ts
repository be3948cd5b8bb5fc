/**
 * Services that observe videos by pattern, such as `match-*`, without being viewers: they have no row
 * in the table, and hear what viewers would get also where there are none. An observer says again and
 * again what it observes, on `ov.observe`; when it stops doing so, nothing is sent to it any more.
 */
import { z } from "zod";
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import { asOvationError, OvationError } from "../../shared/protocol/errors.ts";
import { isReservedSubject, OBSERVE_SUBJECT } from "../../shared/protocol/subjects.ts";
import { PATTERNS_LIMIT, VIDEO_GLOB, VideoPatterns } from "../../shared/protocol/video-patterns.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { RouteTable } from "./routes.ts";

/** A request holds for so long. */
const KEPT_MS = 30_000;
const requestSchema = z.object({
  videos: z.array(z.string().regex(VIDEO_GLOB)).min(1).max(PATTERNS_LIMIT),
});

interface ObserversOptions {
  readonly bus: Pick<Bus, "subscribe" | "publish">;
  readonly routes: Pick<RouteTable, "observe">;
  readonly now: MonotonicClock;
}

export class Observers {
  readonly #options: ObserversOptions;
  /** Each pattern, with when it ends; those that end first come first. */
  readonly #patterns = new Map<string, number>();
  #subscription: BusSubscription | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ObserversOptions) {
    this.#options = options;
  }

  /** How many patterns are observed. */
  get size(): number {
    return this.#patterns.size;
  }

  start(): void {
    const { bus } = this.#options;
    this.#subscription = bus.subscribe(OBSERVE_SUBJECT, (payload, _subject, reply) => {
      const answer = JSON.stringify(this.#answer(payload));
      // We may publish where the requester may not: never reply on a subject of Ovation or NATS.
      if (reply !== "" && !isReservedSubject(reply)) bus.publish(reply, Buffer.from(answer));
    });
  }

  stop(): void {
    this.#subscription?.unsubscribe();
    clearTimeout(this.#timer);
  }

  /**
   * Observes further patterns, or the same for longer.
   * @returns for how long
   * @throws OvationError `field_invalid`
   */
  take(payload: Uint8Array): number {
    const patterns = parse(payload);
    const fresh = patterns.filter((pattern) => !this.#patterns.has(pattern));
    if (this.#patterns.size + fresh.length > PATTERNS_LIMIT) {
      const message = `videos: all observers together may have ${PATTERNS_LIMIT} patterns`;
      throw new OvationError("field_invalid", message, { field: "videos", limit: PATTERNS_LIMIT });
    }
    for (const pattern of patterns) {
      // Moves to the end.
      this.#patterns.delete(pattern);
      this.#patterns.set(pattern, this.#options.now() + KEPT_MS);
    }
    if (fresh.length > 0) this.#changed();
    this.#timer ??= setTimeout(() => this.#expire(), KEPT_MS);
    return KEPT_MS;
  }

  #answer(payload: Uint8Array): object {
    try {
      return { observedForMs: this.take(payload) };
    } catch (error) {
      return { error: asOvationError(error).body() };
    }
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#options.now();
    const before = this.#patterns.size;
    for (const [pattern, until] of this.#patterns) {
      if (until > now) {
        this.#timer = setTimeout(() => this.#expire(), Math.ceil(until - now));
        break;
      }
      this.#patterns.delete(pattern);
    }
    if (this.#patterns.size < before) this.#changed();
  }

  #changed(): void {
    const patterns = [...this.#patterns.keys()];
    this.#options.routes.observe(patterns.length === 0 ? undefined : new VideoPatterns(patterns));
  }
}

function parse(payload: Uint8Array): readonly string[] {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    throw new OvationError("field_invalid", "the request is not JSON");
  }
  const request = requestSchema.safeParse(json);
  if (request.success) return request.data.videos;
  const message = `videos: a list of 1 to ${PATTERNS_LIMIT} ids, or beginnings of ids with a *, is expected`;
  throw new OvationError("field_invalid", message, { field: "videos" });
}
