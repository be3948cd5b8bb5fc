/** `report {…}`: what a viewer gets, from a connection that was asked for it. */
import type { RequestHandler } from "../request-handler.ts";

export const report: RequestHandler<"report"> = (context, request) => {
  context.services.viewerReports.take(context, request);
  return { result: { now: Date.now() } };
};
