/** What this chunk needs of the client, and what it gives. */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { OvationError } from "../error.ts";
import type { HistoryPage, HistoryQuery } from "../history.ts";
import type { FollowedChannel, FollowedHost } from "../live/host.ts";
import type { HttpHost } from "../over-http/send.ts";
import type { Watcher } from "../watchers.ts";

/** The state of a watched video. */
interface VideoView extends FollowedChannel {
  /** The `seq` of the newest durable event that was delivered. */
  readonly position: number | undefined;
  /** The incarnation of the history that `position` belongs to. */
  readonly epoch: string | undefined;
  /** The newest durable events that were delivered, oldest first. */
  recent(limit: number): readonly OvationEvent[];
  /** The newest event of a kind of class latest or state. */
  newest(kind: string): OvationEvent | undefined;
}

export interface HeldHost extends FollowedHost {
  channel(id: string): VideoView | undefined;
}

export interface ReportingHost {
  report(error: OvationError): void;
}

/** The part of a client's host that a video with a playhead has for itself. */
export interface VideoPart {
  watch(watcher: Watcher, state?: string): () => void;
  channel(): VideoView | undefined;
}

type HttpChunk = typeof import("../over-http/index.ts");

export interface ReplayHost extends ReportingHost {
  /** @throws OvationError */
  history(id: string, query: HistoryQuery): Promise<HistoryPage>;
  /** Sends a request over HTTP. @throws OvationError */
  overHttp<T>(request: (chunk: HttpChunk, host: HttpHost) => Promise<T>): Promise<T>;
}
