/** Deleting a durable event, for everyone and for good. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import type { RetractRequest } from "../../../shared/protocol/events.ts";
import { EVENT_ID_PATTERN } from "../../../shared/protocol/names.ts";
import type { TraceContext } from "../../../shared/runtime/tracing/trace-context.ts";
import type { Grant } from "../../auth/grant.ts";
import type { ClientKey } from "../../limits/client-key.ts";
import type { Accepted } from "../../publish/dispatcher-client.ts";
import type { GatewayServices } from "../services.ts";

/**
 * @param client whose rate is charged
 * @returns the event that notifies viewers of it
 * @throws OvationError forbidden, event_id_invalid, rate_limited, event_not_found, or as a publish
 */
export async function retractEvent(
  {
    publisher,
    rates,
    authorsDelete,
  }: Pick<GatewayServices, "publisher" | "rates" | "authorsDelete">,
  grant: Grant,
  client: ClientKey,
  video: string,
  eventId: string,
  trace: TraceContext | undefined,
): Promise<Accepted> {
  grant.requireVideo(video);
  const request = retractionBy(grant, video, authorsDelete);
  if (!EVENT_ID_PATTERN.test(eventId)) {
    throw new OvationError("event_id_invalid", undefined, { field: "id" });
  }
  // Finding the event is work, whether or not it is there.
  rates.takeDelete(client);
  // The event's publish may still be under way.
  await publisher.durable.settled(video, eventId);
  return await publisher.client.retract(video, { id: eventId, ...request }, trace);
}

/**
 * Who deletes: a moderator, or the author, whose the event must be then.
 * @throws OvationError forbidden
 */
function retractionBy(
  grant: Grant,
  video: string,
  authorsDelete: boolean,
): Pick<RetractRequest, "by" | "author"> {
  const { actor } = grant;
  if (authorsDelete && actor !== undefined && !grant.mayModerate(video)) return { author: actor };
  grant.requireModerator(video);
  return grant.name === undefined ? {} : { by: grant.name };
}
