/**
 * The event that a moderator has pinned on a video: the value `pinned` of its state, as long as the
 * history has the event.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import { PINNED_KIND } from "../../shared/protocol/kinds.ts";
import { type PinnedEvent, parsePinned } from "../../shared/protocol/moderation/pinned.ts";
import { dataOf } from "../../shared/protocol/state-document.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { History } from "../history/history.ts";
import { type StateValues, statePut } from "../state/state-change.ts";
import type { VideoStates } from "../state/video-states.ts";

interface PinsOptions {
  readonly history: Pick<History, "find">;
  readonly states: Pick<VideoStates, "edit" | "newEvent" | "put">;
}

/** What is pinned, in a video's state; undefined when nothing is. */
export function pinnedIn(values: StateValues): PinnedEvent | undefined {
  const bytes = values.get(PINNED_KIND)?.bytes;
  return bytes === undefined ? undefined : parsePinned(dataOf(bytes));
}

export class Pins {
  readonly #options: PinsOptions;

  constructor(options: PinsOptions) {
    this.#options = options;
  }

  /**
   * Pins an event in place of the one that is pinned.
   * @throws OvationError event_not_found when it is deleted or unknown; state_too_large,
   * state_unavailable, history_unavailable, history_busy
   */
  async pin(video: string, id: string): Promise<PinnedEvent> {
    const pinned = await this.#find(video, id);
    if (pinned === undefined) throw notFound();
    await this.#options.states.put(video, PINNED_KIND, pinned);
    // Deleted meanwhile, and whoever deleted it may have looked here before it was pinned.
    if ((await this.#find(video, id)) !== undefined) return pinned;
    await this.unpin(video, (one) => one.id === id);
    throw notFound();
  }

  /**
   * Unpins what is pinned; may be repeated.
   * @param isMeant whether that is the event to unpin
   * @throws OvationError state_unavailable
   */
  async unpin(
    video: string,
    isMeant: (pinned: PinnedEvent) => boolean = () => true,
  ): Promise<void> {
    const { states } = this.#options;
    await states.edit(video, (values) => {
      const pinned = pinnedIn(values);
      if (pinned === undefined || !isMeant(pinned)) return [];
      return [statePut(PINNED_KIND, states.newEvent())];
    });
  }

  async #find(video: string, id: string): Promise<PinnedEvent | undefined> {
    const found = await this.#options.history.find(video, id);
    return found === undefined ? undefined : parsePinned(decodeTrustedMsgpack(found.bytes));
  }
}

function notFound(): OvationError {
  return new OvationError("event_not_found", undefined, { field: "id" });
}
