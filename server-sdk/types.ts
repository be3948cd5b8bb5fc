/** What backends send and get; times are in milliseconds since 1970. */
import type { OvationEvent } from "../shared/protocol/event.ts";

/**
 * An event to publish.
 *
 * @example
 * const comment: EventInput = { kind: "comment", actor: "anna", data: { text: "hello" } };
 */
export interface EventInput {
  /** A kind of the deployment, such as `like`. */
  readonly kind: string;
  /**
   * 1 to 64 of the characters `A-Z a-z 0-9 _ -`. Default: a random one. Give it, if another process
   * may have to repeat the publish: a durable event is stored once for each id.
   */
  readonly id?: string | undefined;
  /** Who did it; another one than the token's `sub` requires the scope `any-actor`. */
  readonly actor?: string | undefined;
  /** Any JSON. */
  readonly data?: unknown;
}

/**
 * An event that was accepted.
 *
 * @example
 * const { id, seq }: Published = await video.publish({ kind: "comment", data: { text: "hello" } });
 */
export interface Published {
  readonly id: string;
  /** Of a durable event: its number in the video's history. */
  readonly seq?: number;
}

/**
 * A page of a video's history.
 *
 * @example
 * const newest = ({ events }: HistoryPage) => events.at(-1);
 */
export interface HistoryPage {
  /** Oldest first. */
  readonly events: readonly OvationEvent[];
  /** Whether there are more: newer ones with `after` or `from`, otherwise older ones. */
  readonly more: boolean;
  /** The incarnation of the history. */
  readonly epoch: string;
  /** With `after` or `from`: whether everything from there on is still kept. */
  readonly recovered?: boolean;
  /** Where it is not: the `seq` of the oldest event that is kept; 0: none is. */
  readonly oldest?: number;
}

/**
 * Which durable events of a video: those that lie within all of these bounds.
 *
 * @example
 * const lastMinute: HistoryRange = { from: Date.now() - 60_000 };
 */
export interface HistoryRange {
  /** Only events after this `seq`. */
  readonly after?: number | undefined;
  /** Only events before this `seq`. */
  readonly before?: number | undefined;
  /** Only events that were stored at this time or later. */
  readonly from?: number | undefined;
  /** Only events that were stored before this time. */
  readonly to?: number | undefined;
}

/**
 * A video that has viewers, and how many gateways have them.
 *
 * @example
 * const line = ({ video, viewers, gateways }: LiveVideo) => `${video}: ${viewers} on ${gateways}`;
 */
export interface LiveVideo {
  readonly video: string;
  readonly viewers: number;
  readonly gateways: number;
}

/**
 * What there is of a video. `totals`, `state` and `history` are absent where they can't be read at the
 * moment.
 *
 * @example
 * const line = ({ video, viewers, totals }: VideoInfo) => `${video}: ${viewers}, ${totals?.["like"] ?? 0} likes`;
 */
export interface VideoInfo {
  readonly video: string;
  readonly viewers: number;
  /** How many events of each kind there were; of a kind's variant by `kind:variant`. */
  readonly totals?: Readonly<Record<string, number>>;
  /** The newest event's `data` of each kind of class state, and `polls`, `rules` and `pinned`. */
  readonly state?: Readonly<Record<string, unknown>>;
  /** The last `seq` of the history. */
  readonly history?: { readonly seq: number; readonly epoch: string };
}

/**
 * A poll to open or to change.
 *
 * @example
 * const poll: PollInput = { question: "Who was best?", choices: ["Ada", "Bo"], results: "end" };
 */
export interface PollInput {
  readonly question: string;
  /** 2 to 16 texts; votes are for their places, from 0. */
  readonly choices: readonly string[];
  /** Default: at once. */
  readonly opensAt?: number | undefined;
  /** Default: a day after it opens. A time that has passed ends the poll. */
  readonly closesAt?: number | undefined;
  /** Whether a second vote of an actor replaces the first. Default: it is refused. */
  readonly changeable?: boolean | undefined;
  /** Whether viewers see the votes of each choice before the end. Default: `live`. */
  readonly results?: "live" | "end" | undefined;
}

/**
 * A poll with its tally.
 *
 * @example
 * const votesFor = ({ votes }: Poll, choice: number) => votes?.[choice] ?? 0;
 */
export interface Poll {
  readonly question: string;
  readonly choices: readonly string[];
  readonly createdAt: number;
  readonly opensAt: number;
  readonly closesAt: number;
  readonly changeable: boolean;
  readonly results: "live" | "end";
  /** Whether it has ended: its votes are final. */
  readonly closed: boolean;
  /** How many actors have voted. */
  readonly total: number;
  /** The votes of each choice; absent before the end where `results` is `end`. */
  readonly votes?: readonly number[];
  /** Grows with each change. */
  readonly seq: number;
}

/**
 * What a video had over time.
 *
 * @example
 * const busiest = ({ points }: Timeline) => points.toSorted((a, b) => (b.viewers ?? 0) - (a.viewers ?? 0))[0];
 */
export interface Timeline {
  readonly from: number;
  /** Not included. */
  readonly to: number;
  readonly step: number;
  readonly points: readonly {
    /** When it begins. */
    readonly at: number;
    /** Accepted events by kind. */
    readonly counts: Readonly<Record<string, number>>;
    /** The most viewers in that time; null if that isn't known. */
    readonly viewers: number | null;
  }[];
}

/**
 * A part of time.
 *
 * @example
 * const lastHour: TimelineQuery = { from: Date.now() - 3_600_000, step: 60_000 };
 */
export interface TimelineQuery {
  /** Default: an hour before `to`. */
  readonly from?: number | undefined;
  /** Default: now. */
  readonly to?: number | undefined;
  /** In milliseconds, a multiple of 10,000. Default: 60,000. */
  readonly step?: number | undefined;
}

/**
 * What was erased of an actor.
 *
 * @example
 * const line = ({ events, values }: Erased) => `${events} comments and ${values} values of state`;
 */
export interface Erased {
  /** Durable events. */
  readonly events: number;
  /** Values of state. */
  readonly values: number;
}
