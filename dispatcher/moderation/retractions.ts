/** Deleting durable events: of what is deleted, nothing stays pinned. */

import { OvationError } from "../../shared/protocol/errors.ts";
import type { RetractRequest } from "../../shared/protocol/events.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { History } from "../history/history.ts";
import { RETRACT_ACT } from "./acts.ts";
import type { ModerationLog } from "./moderation-log.ts";
import type { Pins } from "./pins.ts";
import type { Shadows } from "./shadows.ts";

interface RetractionsOptions {
  readonly history: Pick<History, "retract" | "eraseActor" | "find">;
  readonly pins: Pick<Pins, "unpin">;
  readonly shadows: Pick<Shadows, "remove" | "eraseActor">;
  readonly moderation: Pick<ModerationLog, "record">;
}

export class Retractions {
  readonly #history: RetractionsOptions["history"];
  readonly #pins: Pick<Pins, "unpin">;
  readonly #moderation: Pick<ModerationLog, "record">;
  readonly #shadows: Pick<Shadows, "remove" | "eraseActor">;

  constructor(options: RetractionsOptions) {
    const { history, pins, shadows, moderation } = options;
    this.#history = history;
    this.#pins = pins;
    this.#moderation = moderation;
    this.#shadows = shadows;
  }

  /**
   * Deletes an event; may be repeated.
   * @returns the seq of the retraction
   * @throws OvationError as History.retract; forbidden when it is of another author;
   *   state_unavailable when it may still be pinned; moderation_unavailable
   */
  async retract(
    video: string,
    { id, by, author }: RetractRequest,
    trace?: TraceContext,
  ): Promise<number> {
    if (author !== undefined) {
      await this.#requireAuthor(video, id, author);
      if (await this.#shadows.remove(video, author, id).catch(() => false)) return shadowSeq();
    }
    const seq = await this.#history.retract(video, id, trace);
    await this.#pins.unpin(video, (pinned) => pinned.id === id);
    // What authors do with their own events is no act of moderation.
    if (author === undefined) {
      const act = { act: RETRACT_ACT, target: id, ...(by === undefined ? {} : { by }) };
      await this.#moderation.record(video, act);
    }
    return seq;
  }

  /** Of an event that was deleted already, nobody is asked to be the author. */
  async #requireAuthor(video: string, id: string, author: string): Promise<void> {
    const event = await this.#history.find(video, id);
    if (event === undefined || actorOf(event.bytes) === author) return;
    const text = "only its author or a moderator may delete the event";
    throw new OvationError("forbidden", text, { field: "id" });
  }

  /**
   * Deletes all events of an actor on a video; may be repeated.
   * @returns how many there were
   * @throws OvationError as History.eraseActor; state_unavailable when one may still be pinned
   */
  async retractActor(video: string, actor: string): Promise<number> {
    await this.#shadows.eraseActor(video, actor).catch((cause: unknown) => {
      throw new OvationError("moderation_unavailable", undefined, { cause });
    });
    const events = await this.#history.eraseActor(video, actor);
    await this.#pins.unpin(video, (pinned) => pinned.actor === actor);
    return events;
  }
}

/** As the history would number a retraction. */
function shadowSeq(): number {
  return Date.now() * 1_000;
}

/** The actor in an encoded event. */
function actorOf(bytes: Uint8Array): unknown {
  const event = decodeTrustedMsgpack(bytes);
  return typeof event === "object" && event !== null && "actor" in event ? event.actor : undefined;
}
