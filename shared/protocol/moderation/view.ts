/**
 * What moderators send and get, as applications see it: the types of the packages. Separate from the
 * schemas, because they need no library.
 */

/**
 * What may be published on a video, and how often; what is absent is not restricted. Moderators are
 * exempt. Viewers get the rules as the value of the kind `rules`.
 *
 * @example
 * const rules: RoomRules = { slowModeMs: 30_000, maxLength: 200 };
 */
export interface RoomRules {
  /** The time between two durable events of an actor, up to six hours. */
  readonly slowModeMs?: number | undefined;
  /** Kinds that only moderators may publish. */
  readonly closed?: readonly string[] | undefined;
  /** The most characters of a text. */
  readonly maxLength?: number | undefined;
  /** Whether a text may have emoji only. */
  readonly emojiOnly?: boolean | undefined;
}

/**
 * What a banned actor can't do, for how long and why. Without an end, a ban lasts until it is taken
 * back.
 *
 * @example
 * const options: BanOptions = { mode: "mute", forMs: 600_000, reason: "spam" };
 */
export interface BanOptions {
  /** `mute`: publish. `ban`: watch either. `shadow`: be seen by others, without being told. */
  readonly mode: "mute" | "ban" | "shadow";
  readonly forMs?: number | undefined;
  /** When it ends, in milliseconds since 1970. */
  readonly untilMs?: number | undefined;
  readonly reason?: string | undefined;
}

/**
 * A ban of a video.
 *
 * @example
 * const line = ({ actor, mode, reason }: Ban) => `${actor}: ${mode} (${reason ?? "no reason"})`;
 */
export interface Ban {
  readonly actor: string;
  readonly mode: BanOptions["mode"];
  /** When it ends, in milliseconds since 1970; null: never. */
  readonly untilMs: number | null;
  readonly reason?: string;
  /** Who banned. */
  readonly by?: string;
  /** When it was set, in milliseconds since 1970. */
  readonly atMs: number;
  /** Its place in the list, for the next page; only in answers to `bans`. */
  readonly seq?: number;
}

/**
 * Something that a moderator did.
 *
 * @example
 * const line = ({ act, by, target }: ModerationAct) => `${by ?? "?"}: ${act} ${target ?? ""}`;
 */
export interface ModerationAct {
  /** Its place in the record. */
  readonly seq: number;
  /** When it was done, in milliseconds since 1970. */
  readonly atMs: number;
  /** What was done, such as `ban.put`. */
  readonly act: string;
  readonly by?: string;
  /** What it was done to: an actor, an event's id. */
  readonly target?: string;
  readonly why?: string;
  /** What else there is to say of it, such as the mode of a ban. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * A part of a list, newest first.
 *
 * @example
 * const older = await video.moderate.acts({ before: acts.at(-1)?.seq, limit: 50 });
 */
export interface ModerationPage {
  /** Only what comes before this place. */
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
}
