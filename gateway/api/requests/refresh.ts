/** `refresh {token}`: a fresh token of the same actor; uncovered subscriptions end. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { RequestHandler } from "../request-handler.ts";

export const refresh: RequestHandler<"refresh"> = async (context, { token }) => {
  context.requireRoom();
  context.inFlight += 1;
  try {
    const grant = await context.services.auth.ofToken(token);
    if (grant.actor !== context.actor) {
      throw new OvationError("token_refused", "the token is of another actor", { field: "sub" });
    }
    const lost = context.adopt(grant);
    return {
      result: grant.lifeLeft(Date.now()),
      afterwards: () => context.notifyUnsubscribed(lost),
    };
  } finally {
    context.inFlight -= 1;
  }
};
