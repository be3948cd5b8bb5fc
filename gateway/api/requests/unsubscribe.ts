/** `unsubscribe {video}`: no event of the video follows the answer. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { RequestHandler } from "../request-handler.ts";

export const unsubscribe: RequestHandler<"unsubscribe"> = (context, { video }) => {
  if (!context.unwatch(video)) {
    throw new OvationError("not_subscribed", undefined, { field: "video" });
  }
  return { result: {} };
};
