/** `connect {token?}`: the first request of a connection, by which it shows what it may do. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import { Grant } from "../../auth/grant.ts";
import type { Outcome, RequestHandler } from "../session.ts";

export const connect: RequestHandler<"connect"> = (session, { token }) => {
  if (session.isConnected || session.isConnecting) throw new OvationError("already_connected");
  const { auth, gateway, told } = session.services;
  const outcome = (grant: Grant): Outcome => {
    session.connected(grant);
    return { result: { gateway, ...told, ...grant.lifeLeft(Date.now()) } };
  };
  const grant = auth.ofToken(token, session.authorization);
  // At once where nothing is verified, so that requests sent in a row need not wait.
  return grant instanceof Grant ? outcome(grant) : session.connecting(grant.then(outcome));
};
