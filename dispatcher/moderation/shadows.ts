/**
 * Takes what actors publish under a ban of mode `shadow`: it is answered as if all were well, sent to
 * the actor's own viewers, and kept for when it comes back. It is in no history, total, state or tally.
 */
import type { Bucket } from "../../shared/bus/bucket.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { hashOfActor } from "../../shared/protocol/moderation/ban.ts";
import {
  decodeShadow,
  encodeShadow,
  type ShadowEvent,
} from "../../shared/protocol/moderation/shadow.ts";
import { actorEntryKey } from "../../shared/protocol/subjects.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Fanout } from "../fanout.ts";

/** Other dispatchers that may store for the same actor meanwhile. */
const RACES_LIMIT = 8;

interface ShadowsOptions {
  readonly bucket: Pick<Bucket, "get" | "put" | "purge">;
  readonly fanout: Pick<Fanout, "emit">;
  readonly log: Log;
}

export class Shadows {
  readonly stats = { events: 0 };
  readonly #options: ShadowsOptions;

  constructor(options: ShadowsOptions) {
    this.#options = options;
  }

  /**
   * Takes an event. What can't be stored is shown, and gone after a reload.
   * @param isKept whether it is of a kind that has a history
   * @returns the event; that which is kept already under its id
   */
  async accept(
    video: string,
    actor: string,
    event: ShadowEvent,
    isKept: boolean,
  ): Promise<ShadowEvent> {
    const { fanout, log } = this.#options;
    this.stats.events += 1;
    let known: ShadowEvent | undefined;
    if (isKept) {
      try {
        await this.#edit(video, actor, (events) => {
          known = events.find(({ id }) => id === event.id);
          return known === undefined ? [...events, event] : undefined;
        });
      } catch (err) {
        log.debug({ err }, "an event for its author alone can't be stored");
      }
    }
    if (known !== undefined) return known;
    const { kind, bytes } = event;
    fanout.emit(video, [{ kind, deliveryClass: "transient", bytes, onlyFor: actor }]);
    return event;
  }

  /** Whether an event of an actor is kept. Never rejects: what can't be read is none. */
  async has(video: string, actor: string, eventId: string): Promise<boolean> {
    const key = actorEntryKey(video, hashOfActor(actor));
    const entry = await this.#options.bucket.get(key).catch(() => undefined);
    return entry?.value !== undefined && decodeShadow(entry.value).some(({ id }) => id === eventId);
  }

  /** Deletes an event of an actor; returns false if there is none. */
  async remove(video: string, actor: string, eventId: string): Promise<boolean> {
    return await this.#edit(video, actor, (events) => {
      const left = events.filter(({ id }) => id !== eventId);
      return left.length === events.length ? undefined : left;
    });
  }

  /** Erases what is kept of a video. */
  async eraseVideo(video: string): Promise<void> {
    await this.#options.bucket.purge(actorEntryKey(video, "*"));
  }

  /** Erases what is kept of an actor. @param video `*` for all videos */
  async eraseActor(video: string, actor: string): Promise<void> {
    await this.#options.bucket.purge(actorEntryKey(video, hashOfActor(actor)));
  }

  /** Returns false if there was nothing to change. */
  async #edit(
    video: string,
    actor: string,
    change: (events: readonly ShadowEvent[]) => readonly ShadowEvent[] | undefined,
  ): Promise<boolean> {
    const { bucket } = this.#options;
    const key = actorEntryKey(video, hashOfActor(actor));
    for (let race = 0; ; race += 1) {
      const entry = await bucket.get(key);
      const changed = change(entry?.value === undefined ? [] : decodeShadow(entry.value));
      if (changed === undefined) return false;
      try {
        await bucket.put(key, encodeShadow(changed), entry?.revision ?? 0);
        return true;
      } catch (error) {
        if (!(error instanceof RevisionConflict) || race >= RACES_LIMIT) throw error;
      }
    }
  }
}
