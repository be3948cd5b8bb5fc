/** `publish {video, kind, data?, eventId?}`: answered when a dispatcher has sent the event on. */
import { OvationError } from "../../shared/errors.ts";
import { checkEvent, type EventInput } from "../../shared/events.ts";
import type { RequestHandler } from "../session.ts";

export const publish: RequestHandler<"publish"> = async (session, request, messageBytes) => {
  const { services, limits } = session;
  const { video, kind, data, eventId } = request;
  const input: EventInput = {
    kind,
    ...(eventId === undefined ? {} : { id: eventId }),
    ...(data === undefined ? {} : { data }),
  };
  checkEvent(input, services.rules, "", messageBytes);
  const limit = limits.inFlightLimit;
  if (session.inFlight >= limit) {
    const text = `${limit} publishes wait for their answer already`;
    throw new OvationError("in_flight_exceeded", text, { limit });
  }
  session.inFlight += 1;
  try {
    return { result: { eventId: await services.publisher.publish(video, input) } };
  } finally {
    session.inFlight -= 1;
  }
};
