/** How likes flow: in requests from gateways to dispatchers, and in messages to the gateways. */
import { FREE_MESSAGES } from "../../dispatcher/index.ts";
import { WAIT_MS } from "../../gateway/index.ts";
import { MAX_BATCH } from "../../shared/protocol/events.ts";
import { poissonRate } from "./poisson.ts";
import type { SizingInput } from "./settings.ts";

interface LikeFlow {
  /** Requests of all gateways, per second. */
  readonly likeRequests: number;
  /** Messages to each gateway, per second. */
  readonly likeMessages: number;
}

/**
 * The requests in which gateways send a video's likes, and the messages in which dispatchers send
 * them on. Each depends on the other: a gateway sends the likes that arrived while it waited for the
 * answer to its previous request, which comes when the dispatcher has sent the window.
 */
export function likeFlow(
  { fanoutWindowMs, requestMs }: Pick<SizingInput, "fanoutWindowMs" | "requestMs">,
  likes: number,
  gateways: number,
  dispatchers: number,
): LikeFlow {
  const requestsAfter = (waitMs: number) => {
    const wait = Math.min(waitMs, WAIT_MS);
    const requests = gateways === 0 ? 0 : gateways * poissonRate(likes / gateways, wait);
    return Math.max(requests, likes / MAX_BATCH);
  };
  const likeRequests = requestsAfter(requestMs);
  if (fanoutWindowMs === 0 || gateways <= 1) return { likeRequests, likeMessages: likeRequests };
  // A dispatcher sends so many a window at once, before it collects.
  const perWindow = Math.max(1, Math.floor(FREE_MESSAGES / Math.max(1, gateways)));
  const messagesOf = (requests: number) =>
    dispatchers * perWindow * poissonRate(requests / dispatchers / perWindow, fanoutWindowMs);
  const collected = likeRequests === 0 ? 0 : 1 - messagesOf(likeRequests) / likeRequests;
  const requests = requestsAfter(requestMs + collected * fanoutWindowMs);
  return { likeRequests: requests, likeMessages: Math.min(requests, messagesOf(requests)) };
}
