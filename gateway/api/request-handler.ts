/** What the handler of a WebSocket request receives and returns. */
import type { CompactMap } from "../../shared/lib/compact-map.ts";
import type { Op, Request, ResultMessage } from "../../shared/protocol/wire/messages.ts";
import type { Grant } from "../auth/grant.ts";
import type { Viewer } from "../delivery/viewer.ts";
import type { ClientKey } from "../limits/client-key.ts";
import type { Claimant } from "../limits/client-share.ts";
import type { VideoHold } from "../table/interest.ts";
import type { JoiningVideos } from "./joining-videos.ts";
import type { LearningConnection } from "./learning.ts";
import type { ConnectedPublisher } from "./operations/publish.ts";
import type { GatewayServices } from "./services.ts";

export interface RequestLimits {
  readonly subscriptionsLimit: number;
  readonly inFlightLimit: number;
}

/** The connection that a request came over, as far as handlers need it. */
export interface RequestContext extends ConnectedPublisher, LearningConnection, Claimant {
  readonly services: GatewayServices;
  readonly limits: RequestLimits;
  readonly viewer: Viewer;
  /** Videos watched or about to be, each by its hold on the gateway's interest. */
  readonly videos: CompactMap<VideoHold>;
  /** Its subscriptions that are not answered yet. */
  readonly joining: JoiningVideos;
  /** Who is connected, if the token says so. */
  readonly actor: string | undefined;
  /** The address that its client is counted by. */
  readonly address: ClientKey;
  /** The `Authorization` header of the handshake; empty without one, or once it was checked. */
  readonly authorization: string;
  /** Publishes and refreshes that wait for their answer. */
  inFlight: number;

  /** A token is being verified: the requests that follow wait until that is done. */
  connecting<T>(work: Promise<T>): Promise<T>;

  /** The token is good: the connection may stay. */
  connected(grant: Grant): void;

  /**
   * Replaces what the connection may do; it unsubscribes from videos that it may not watch now.
   * @returns the videos that are no longer watched
   */
  adopt(grant: Grant): string[];

  /** Charges the request for more work than others cause: the next ones wait for it. */
  chargeRequests(more: number): void;

  /** No more events of this video are sent. False if it wasn't watched. */
  unwatch(video: string): boolean;

  /** Notifies the viewer that it no longer watches these videos. */
  notifyUnsubscribed(videos: readonly string[]): void;
}

/** The outcome of a request that was carried out. */
export interface Outcome {
  /** Fields of its result. */
  readonly result: Omit<ResultMessage, "op" | "id">;
  /** Runs once the viewer has been answered. */
  readonly afterwards?: () => void;
}

/** Carries out one request, received in a message of `messageBytes`. Throws an OvationError. */
export type RequestHandler<O extends Op> = (
  context: RequestContext,
  request: Request<O>,
  messageBytes: number,
) => Promise<Outcome> | Outcome;
