/** `pace {everyMs}`: how far apart the frames of each video are to be on this connection. */
import { paceWithin } from "../../../shared/protocol/wire/pace.ts";
import type { RequestHandler } from "../request-handler.ts";

/** Moving a viewer of so many videos is as much work as another request. */
const VIDEOS_PER_REQUEST = 10;

export const pace: RequestHandler<"pace"> = (context, request) => {
  const everyMs = paceWithin(request.everyMs);
  const { viewer, services } = context;
  const { sharedWrites } = services;
  context.chargeRequests(Math.floor(viewer.videoCount / VIDEOS_PER_REQUEST));
  return {
    result: { everyMs },
    afterwards: () => sharedWrites.together(() => viewer.setPace(everyMs)),
  };
};
