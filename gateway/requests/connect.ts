/** `connect {token?}`: the first request of a connection. The token is not looked at. */
import { OvationError } from "../../shared/errors.ts";
import type { RequestHandler } from "../session.ts";

export const connect: RequestHandler<"connect"> = (session) => {
  if (session.isConnected) throw new OvationError("already_connected");
  session.connected();
  return { result: { gateway: session.services.gateway } };
};
