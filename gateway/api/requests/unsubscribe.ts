/** `unsubscribe {video}`: no event of the video comes after the answer. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { RequestHandler } from "../session.ts";

export const unsubscribe: RequestHandler<"unsubscribe"> = (session, { video }) => {
  if (!session.unwatch(video)) {
    throw new OvationError("not_subscribed", undefined, { field: "video" });
  }
  return { result: {} };
};
