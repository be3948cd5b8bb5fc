/** `subscribe {video}`: answered when dispatchers can know of it; events come after the answer. */
import { OvationError } from "../../shared/errors.ts";
import type { RequestHandler } from "../session.ts";

export const subscribe: RequestHandler<"subscribe"> = async (session, { video }) => {
  const { services, videos, limits } = session;
  if (videos.has(video))
    throw new OvationError("already_subscribed", undefined, { field: "video" });
  const limit = limits.subscriptionsLimit;
  if (videos.size >= limit) {
    const text = `a connection may watch ${limit} videos`;
    throw new OvationError("subscriptions_exceeded", text, { limit });
  }
  videos.add(video);
  try {
    const audience = await services.interest.hold(video);
    return {
      result: {},
      // The connection may have ended meanwhile; then the video was released with it.
      afterwards: () => {
        if (session.isOpen) session.viewer.join(audience);
      },
    };
  } catch (error) {
    if (videos.delete(video)) services.interest.release(video);
    throw error;
  }
};
