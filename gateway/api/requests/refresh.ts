/** `refresh {token}`: a fresh token of the same actor. What it does not cover is no longer watched. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { RequestHandler } from "../session.ts";

export const refresh: RequestHandler<"refresh"> = async (session, { token }) => {
  const limit = session.limits.inFlightLimit;
  if (session.inFlight >= limit) {
    const text = `${limit} requests wait for their answer already`;
    throw new OvationError("in_flight_exceeded", text, { limit });
  }
  session.inFlight += 1;
  try {
    const grant = await session.services.auth.ofToken(token);
    if (grant.actor !== session.actor) {
      throw new OvationError("token_refused", "the token is of another actor", { field: "sub" });
    }
    const lost = session.adopt(grant);
    return { result: grant.lifeLeft(Date.now()), afterwards: () => session.tellUnsubscribed(lost) };
  } finally {
    session.inFlight -= 1;
  }
};
