/** What a backend that follows the history gives and gets. */
import type { OvationEvent } from "../../shared/protocol/event.ts";

/**
 * What is used of a connection to NATS: those of the packages `nats` (2.x) and
 * `@nats-io/transport-node` (3.x) are such.
 *
 * @example
 * const isOpen = (nats: NatsConnection) => !nats.isClosed();
 */
export interface NatsConnection {
  request(
    subject: string,
    payload: string,
    options: { readonly timeout: number },
  ): Promise<{ readonly data: Uint8Array }>;
  subscribe(
    subject: string,
    options: { readonly max: number; readonly callback: (error: unknown) => void },
  ): { unsubscribe(): void; isClosed(): boolean };
  isClosed(): boolean;
}

/**
 * Where {@link Ovation.events} begins, and which events it has.
 *
 * @example
 * const options: EventsOptions = { from: "start", video: "launch" };
 */
export interface EventsOptions {
  /**
   * The `position` of the last event that was dealt with; or `start`: everything that is kept; or `now`:
   * what is stored from now on.
   */
  readonly from: "start" | "now" | (string & {});
  /** Only events of this video. Default: those of all videos. */
  readonly video?: string | undefined;
  /** Ends the loop, also while it waits. */
  readonly signal?: AbortSignal | undefined;
}

interface OnVideo {
  readonly video: string;
  /** The incarnation of the history. */
  readonly epoch: string;
  /** Where to go on after this event: give it as `from`. It may be stored as text. */
  readonly position: string;
}

/**
 * An event of class durable was stored, such as a comment.
 *
 * @example
 * const line = ({ video, actor = "somebody", data }: StoredEvent) => `${video}: ${actor}: ${JSON.stringify(data)}`;
 */
export interface StoredEvent extends OnVideo, OvationEvent {
  readonly type: "stored";
  readonly seq: number;
  readonly prev: number;
}

/**
 * An event was deleted. It may be one that was never told: what is deleted before it is read is gone.
 *
 * @example
 * const line = ({ video, id }: DeletedEvent) => `${id} of ${video} was deleted`;
 */
export interface DeletedEvent extends OnVideo {
  readonly type: "deleted";
  /** That of the deleted event. */
  readonly id: string;
  /** The `seq` of the deleted event. */
  readonly deleted: number;
  /** That of the deletion itself. */
  readonly seq: number;
  readonly at: number;
}

/**
 * All events of a video were erased.
 *
 * @example
 * const line = ({ video }: ErasedVideo) => `nothing is left of ${video}`;
 */
export interface ErasedVideo extends OnVideo {
  readonly type: "erased";
  /** Those of all erased events are lower. */
  readonly seq: number;
}

/**
 * What happened, by its `type`.
 *
 * @example
 * const isComment = (event: HistoryEvent) => event.type === "stored" && event.kind === "comment";
 */
export type HistoryEvent = StoredEvent | DeletedEvent | ErasedVideo;
