/**
 * `publish {video, kind, actor?, data?, eventId?}`: answered when a dispatcher has sent the event on, and
 * for a durable one when it is stored.
 */
import { OvationError } from "../../../shared/protocol/errors.ts";
import { checkEvent, type EventInput } from "../../../shared/protocol/events.ts";
import { endingWith } from "../../../shared/runtime/tracing/tracer.ts";
import { grantedEvent } from "../../auth/granted-event.ts";
import { withRepeatableId } from "../../publish/event-id.ts";
import type { RequestHandler } from "../request-handler.ts";
import { beginViewerPublish } from "../request-span.ts";

export const publish: RequestHandler<"publish"> = async (context, request, messageBytes) => {
  const { services, limits } = context;
  const { video, kind, actor, data, eventId } = request;
  context.grant.requireVideo(video);
  const given: EventInput = {
    kind,
    ...(actor === undefined ? {} : { actor }),
    ...(eventId === undefined ? {} : { id: eventId }),
    ...(data === undefined ? {} : { data }),
  };
  checkEvent(given, services.rules, "", messageBytes);
  const input = grantedEvent(given, context.grant, "");
  const { kinds } = services.rules;
  context.meter.publish(context.actor, video, kinds.isTransient(kind));
  services.admission.overload.admitEvents(kinds.isDurable(kind), true);
  const limit = limits.inFlightLimit;
  if (context.inFlight >= limit) {
    const text = `${limit} publishes wait for their answer already`;
    throw new OvationError("in_flight_exceeded", text, { limit });
  }
  context.inFlight += 1;
  const repeatable = withRepeatableId(input, services);
  try {
    const step = beginViewerPublish(services.tracer, () => ({
      "ovation.video": video,
      "ovation.kind": kind,
    }));
    const send = () =>
      kinds.isTransient(kind)
        ? services.publisher.publish(video, repeatable, step?.trace)
        : context.ordered.publish(video, repeatable, kinds.isDurable(kind), step?.trace);
    // Or a viewer would not see what it publishes right behind its subscribe.
    const publishing = context.joining(video)?.then(send) ?? send();
    if (kinds.isDurable(kind)) services.publisher.durable.add(video, [repeatable.id], publishing);
    const { id, seq } = await endingWith(step, publishing);
    return { result: { eventId: id, ...(seq === undefined ? {} : { seq }) } };
  } catch (error) {
    if (!(error instanceof OvationError)) throw error;
    throw error.kind.retry === "same-id" ? error.repeatWith(repeatable.id) : error;
  } finally {
    context.inFlight -= 1;
  }
};
