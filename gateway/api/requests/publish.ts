/**
 * `publish {video, kind, actor?, data?, eventId?}`: answered when a dispatcher has sent the event
 * on, or, for a durable one, when it is stored.
 */
import type { EventInput } from "../../../shared/protocol/events.ts";
import { withSpan } from "../../../shared/runtime/tracing/tracer.ts";
import { readyToAdmit } from "../learning.ts";
import { admitEvent, publishEvent } from "../operations/publish.ts";
import type { RequestHandler } from "../request-handler.ts";
import { startPublishSpan } from "../request-span.ts";

export const publish: RequestHandler<"publish"> = async (context, request, messageBytes) => {
  const { services } = context;
  const { video, kind, actor, data, eventId } = request;
  const given: EventInput = {
    kind,
    ...(actor === undefined ? {} : { actor }),
    ...(eventId === undefined ? {} : { id: eventId }),
    ...(data === undefined ? {} : { data }),
  };
  const ready = readyToAdmit(context, video, kind);
  // No await otherwise, so that events published in a row keep their order.
  if (ready !== undefined) {
    const ids = eventId === undefined ? [] : [eventId];
    await services.publisher.durable.add(video, ids, ready);
  }
  const event = admitEvent(services, context, video, given, messageBytes);
  context.inFlight += 1;
  try {
    const span = startPublishSpan(services.tracer, () => ({
      "ovation.video": video,
      "ovation.kind": kind,
    }));
    const { id, seq } = await withSpan(span, publishEvent(services, context, event, span?.trace));
    return { result: { eventId: id, ...(seq === undefined ? {} : { seq }) } };
  } finally {
    context.inFlight -= 1;
  }
};
