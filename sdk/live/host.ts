/** What live values need from the client. */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { OvationError } from "../error.ts";
import type { Published } from "../outbox.ts";
import type { Parse } from "../parse.ts";
import type { Watcher } from "../watchers.ts";

/** An event that this client publishes. */
export interface Publishing {
  readonly video: string;
  readonly kind: string;
  readonly data: unknown;
  readonly eventId: string;
  readonly published: Promise<Published>;
}

/** A watched video. */
export interface FollowedChannel {
  /** Whether the events of a kind are counted, not stored. */
  isTransient(kind: string): boolean;
}

export interface FollowedHost {
  /**
   * Watches until the function that it returns is called.
   * @param state the value of the state that the watcher wants
   */
  watch(id: string, watcher: Watcher, state?: string): () => void;
  /** Undefined while the video is not watched. */
  channel(id: string): FollowedChannel | undefined;
  /**
   * When this client's last durable event on the video was accepted, in milliseconds since 1970; in
   * slow mode, later by what a refusal said that it was too early. Undefined if there was none.
   */
  sentAt(id: string): number | undefined;
  /** Calls `listener` with each event that this client publishes, of any video. */
  onPublish(listener: (publishing: Publishing) => void): () => void;
  /** What an event is counted by. */
  namesOf(event: Pick<OvationEvent, "kind" | "data">): readonly string[];
}

interface FollowOptions {
  readonly parse?: Parse<unknown>;
  readonly onError?: ((error: OvationError) => void) | undefined;
  readonly history?: number;
}

/** A video's handle. */
export interface FollowedVideo {
  readonly id: string;
  on(kind: string, listener: (event: OvationEvent) => void, options?: FollowOptions): () => void;
}
