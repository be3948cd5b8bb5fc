/**
 * `subscribe {video, kinds?, hidden?, after?, epoch?, last?}`: answered when dispatchers can see the subscription;
 * events follow the answer, past ones first.
 */
import { OvationError } from "../../../shared/protocol/errors.ts";
import {
  type OpenedSubscription,
  openSubscription,
  payForPast,
  subscribeRequest,
} from "../operations/subscribe.ts";
import type { RequestHandler } from "../request-handler.ts";

export const subscribe: RequestHandler<"subscribe"> = async (context, request) => {
  const { services, videos, limits } = context;
  const { video } = request;
  context.grant.requireWatching(video, { isHidden: request.hidden === true });
  services.bans.requireWatching(context.actor, video);
  const wanted = subscribeRequest(services, request, context.actor);
  const { hold } = wanted;
  if (videos.has(video)) {
    throw new OvationError("already_subscribed", undefined, { field: "video" });
  }
  const limit = limits.subscriptionsLimit;
  if (videos.size >= limit) {
    const text = `a connection may watch ${limit} videos`;
    throw new OvationError("subscriptions_exceeded", text, { limit });
  }
  services.interest.requireRoom(video, context);
  const past = payForPast(services, context, wanted);
  // Distinguishes this subscribe from a later one, if an unsubscribe comes before its answer.
  const isHeld = () => videos.get(video) === hold;
  videos.set(video, hold);
  const joined = context.joining.begin(video);
  let opened: OpenedSubscription | undefined;
  try {
    opened = await openSubscription(services, video, wanted, past, context);
    const { feed, after, result } = opened;
    // A fresh token may have narrowed the grant meanwhile, or the actor may have been banned.
    context.grant.requireWatching(video, hold);
    services.bans.requireWatching(context.actor, video);
    return {
      result,
      // An unsubscribe, or the end of the connection, may have released it meanwhile.
      afterwards: () => {
        if (isHeld()) {
          context.viewer.join(feed, after);
          if (wanted.isNewcomer) void services.ownEvents.showPast(video, context);
        } else feed.abandon();
        joined();
      },
    };
  } catch (error) {
    joined();
    opened?.feed.abandon();
    if (isHeld()) {
      videos.delete(video);
      services.interest.release(video, context, hold);
    }
    throw error;
  }
};
