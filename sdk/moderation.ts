/** What moderators do on a video. The code is loaded on use: `over-http/moderate.ts`. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import type {
  Ban,
  BanOptions,
  ModerationAct,
  ModerationPage,
  RoomRules,
} from "../shared/protocol/moderation/view.ts";

/**
 * What moderators do on a video: {@link Video.moderate}. Each call resolves when it is stored, and
 * holds at every gateway within a second. It rejects with an {@link OvationError}: with `forbidden`
 * where the token has no scope `moderate` for the video.
 *
 * @example
 * await video.moderate.delete(comment.id);
 * await video.moderate.ban(comment.actor, { mode: "mute", forMs: 600_000, reason: "spam" });
 */
export interface Moderation {
  /** Replaces the rules of the room; `{}` removes them. Resolves with those that restrict something. */
  setRules(rules: RoomRules): Promise<RoomRules>;
  /** Pins a durable event, in place of the one that is pinned. */
  pin(eventId: string): Promise<OvationEvent>;
  unpin(): Promise<void>;
  /** Deletes a durable event, for everyone and for good. */
  delete(eventId: string): Promise<void>;
  /** Deletes all durable events of an actor on the video. Resolves with their number. */
  deleteAllOf(actor: string): Promise<number>;
  /** Bans an actor on the video, in place of a ban that there is. */
  ban(actor: string, options: BanOptions): Promise<Ban>;
  unban(actor: string): Promise<void>;
  bans(page?: ModerationPage): Promise<readonly Ban[]>;
  /** What moderators did on the video. */
  acts(page?: ModerationPage): Promise<readonly ModerationAct[]>;
}
