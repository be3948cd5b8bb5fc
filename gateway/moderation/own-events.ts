/**
 * Events that only their own actor sees: shown to its viewers here as they happen, and again when it
 * comes back.
 */
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { Bans } from "../../shared/moderation/bans.ts";
import { hashOfActor } from "../../shared/protocol/moderation/ban.ts";
import { decodeShadow, type ShadowEvent } from "../../shared/protocol/moderation/shadow.ts";
import { actorEntryKey } from "../../shared/protocol/subjects.ts";
import { Frame } from "../delivery/frame.ts";
import type { Viewer } from "../delivery/viewer.ts";

/** Between two searches for viewers: all of them are looked through. */
const SEARCH_EVERY_MS = 50;
/** Events that may wait for a search; more are not shown. */
const WAITING_LIMIT = 1_000;

type ShownEvent = Pick<ShadowEvent, "kind" | "bytes">;

/** A viewer that may be the actor's. */
interface OwnViewer {
  /** Who watches, if that is known. */
  readonly actor: string | undefined;
  readonly viewer: Pick<Viewer, "show">;
}

interface OwnEventsOptions {
  readonly bans: Pick<Bans, "of">;
  readonly bucket: Pick<Bucket, "get">;
  /** All that are connected. */
  readonly viewers: () => Iterable<OwnViewer>;
}

export class OwnEvents {
  readonly #options: OwnEventsOptions;
  /** By actor and video. */
  #waiting = new Map<string, Map<string, ShownEvent[]>>();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OwnEventsOptions) {
    this.#options = options;
  }

  /** Shows an event to the actor's viewers. */
  showTo(actor: string, video: string, event: ShownEvent): void {
    if (this.#count >= WAITING_LIMIT) return;
    this.#count += 1;
    const videos = this.#waiting.get(actor) ?? new Map<string, ShownEvent[]>();
    this.#waiting.set(actor, videos);
    videos.set(video, [...(videos.get(video) ?? []), event]);
    this.#timer ??= setTimeout(() => this.#search(), SEARCH_EVERY_MS);
  }

  /**
   * Shows a viewer that has just subscribed what only its actor sees. Never rejects: what can't be
   * read is not shown.
   */
  async showPast(video: string, { actor, viewer }: OwnViewer): Promise<void> {
    const { bans, bucket } = this.#options;
    if (actor === undefined || bans.of(actor, video)?.mode !== "shadow") return;
    const key = actorEntryKey(video, hashOfActor(actor));
    const entry = await bucket.get(key).catch(() => undefined);
    const events = entry?.value === undefined ? [] : decodeShadow(entry.value);
    if (events.length > 0) viewer.show(frameOf(video, events));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #search(): void {
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#count = 0;
    const frames = new Map<string, readonly Frame[]>();
    for (const [actor, videos] of waiting) {
      frames.set(
        actor,
        [...videos].map(([video, events]) => frameOf(video, events)),
      );
    }
    for (const { actor, viewer } of this.#options.viewers()) {
      if (actor === undefined) continue;
      for (const frame of frames.get(actor) ?? []) viewer.show(frame);
    }
  }
}

function frameOf(video: string, events: readonly ShownEvent[]): Frame {
  const logged = events.map(({ kind, bytes }) => {
    return { kind, bytes, deliveryClass: "transient", position: 0 } as const;
  });
  const tally = { transient: events.length, durable: 0, latest: 0, state: 0 };
  return new Frame(video, logged, undefined, tally, undefined);
}
