/** What the handler of a WebSocket request gets and gives. */
import type { CompactMap } from "../../shared/lib/compact-map.ts";
import type { Op, Request, ResultMessage } from "../../shared/protocol/wire/messages.ts";
import type { Grant } from "../auth/grant.ts";
import type { Viewer } from "../delivery/viewer.ts";
import type { ConnectedPublisher } from "./operations/publish.ts";
import type { GatewayServices } from "./services.ts";

export interface RequestLimits {
  readonly subscriptionsLimit: number;
  readonly inFlightLimit: number;
}

/** The connection that a request came over, as far as handlers need it. */
export interface RequestContext extends ConnectedPublisher {
  readonly services: GatewayServices;
  readonly limits: RequestLimits;
  readonly viewer: Viewer;
  /** Videos watched or about to be, each by its hold on the gateway's interest. */
  readonly videos: CompactMap<symbol>;
  /** Who is connected, where the token says it. */
  readonly actor: string | undefined;
  /** The `Authorization` header of the handshake, empty without one or once it was checked. */
  readonly authorization: string;
  /** Publishes and refreshes that wait for their answer. */
  inFlight: number;

  /** A token is being verified: the requests that follow wait until that is done. */
  connecting<T>(work: Promise<T>): Promise<T>;

  /** The token is good: the connection may stay. */
  connected(grant: Grant): void;

  /**
   * From now on, this is what the connection may do; videos that it does not cover are left.
   * @returns the videos that are no longer watched
   */
  adopt(grant: Grant): string[];

  /** The video is about to be watched. Returns what is to be called when it is, or won't be. */
  joins(video: string): () => void;

  /** No event of this video comes any more. False if it wasn't watched. */
  unwatch(video: string): boolean;

  /** Tells the viewer that it watches these videos no longer. */
  tellUnsubscribed(videos: readonly string[]): void;
}

/** What a request that was carried out comes to. */
export interface Outcome {
  /** Fields of its result. */
  readonly result: Omit<ResultMessage, "op" | "id">;
  /** What is to be done once the viewer has been answered. */
  readonly afterwards?: () => void;
}

/** Carries out one request, which came in a message of `messageBytes`. Throws an OvationError. */
export type RequestHandler<O extends Op> = (
  context: RequestContext,
  request: Request<O>,
  messageBytes: number,
) => Promise<Outcome> | Outcome;
