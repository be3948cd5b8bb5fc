/** `connect {token?}`: the first request of a connection, which proves what it may do. */
import { NO_VIDEO } from "../../../shared/protocol/subjects.ts";
import { Grant } from "../../auth/grant.ts";
import type { Outcome, RequestHandler } from "../request-handler.ts";

export const connect: RequestHandler<"connect"> = (context, { token }) => {
  const { auth, bans, gateway, deploymentRules, rates, viewerReports } = context.services;
  // Pays if the token is refused.
  const attempt = rates.work.arrive(context.address);
  attempt.require();
  const outcome = (grant: Grant): Outcome => {
    bans.requireWatching(grant.actor, NO_VIDEO);
    attempt.forget();
    context.connected(grant);
    return {
      result: {
        gateway,
        ...deploymentRules(),
        ...grant.lifeLeft(Date.now()),
        ...viewerReports.ask(context),
      },
    };
  };
  const refused = (fault: unknown): never => {
    attempt.failed();
    throw fault;
  };
  const grant = auth.ofToken(token, context.authorization);
  // Synchronous where nothing is verified, so that requests sent in a row need not wait.
  return grant instanceof Grant ? outcome(grant) : context.connecting(grant.then(outcome, refused));
};
