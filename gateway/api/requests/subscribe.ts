/**
 * `subscribe {video, after?, epoch?, last?}`: answered when dispatchers can see the subscription;
 * events follow the answer, past ones first.
 */
import { OvationError } from "../../../shared/protocol/errors.ts";
import { openSubscription, payForPast } from "../operations/subscribe.ts";
import type { RequestHandler } from "../request-handler.ts";

export const subscribe: RequestHandler<"subscribe"> = async (context, request) => {
  const { services, videos, limits } = context;
  const { video } = request;
  context.grant.requireVideo(video);
  if (videos.has(video)) {
    throw new OvationError("already_subscribed", undefined, { field: "video" });
  }
  const limit = limits.subscriptionsLimit;
  if (videos.size >= limit) {
    const text = `a connection may watch ${limit} videos`;
    throw new OvationError("subscriptions_exceeded", text, { limit });
  }
  services.interest.requireRoom(video, context);
  const past = payForPast(services, context, request);
  // Distinguishes this subscribe from a later one, if an unsubscribe comes before its answer.
  const hold = Symbol(video);
  const isHeld = () => videos.get(video) === hold;
  videos.set(video, hold);
  const joined = context.joining.begin(video);
  try {
    const { audience, after, result } = await openSubscription(
      services,
      video,
      request,
      past,
      context,
    );
    // A fresh token may have narrowed the grant meanwhile.
    context.grant.requireVideo(video);
    return {
      result,
      // An unsubscribe, or the end of the connection, may have released it meanwhile.
      afterwards: () => {
        if (isHeld()) context.viewer.join(audience, after);
        joined();
      },
    };
  } catch (error) {
    joined();
    if (isHeld()) {
      videos.delete(video);
      services.interest.release(video, context);
    }
    throw error;
  }
};
