/** A page of a video's past, out of the answer to the request for it. */
import { OvationError } from "./error.ts";
import { eventsOf, type Fields } from "./link/incoming.ts";
import type { Refusal } from "./link/link.ts";
import type { HistoryPage } from "./video.ts";

function isRefusal(answer: Fields | Refusal): answer is Refusal {
  return "op" in answer && answer["op"] === "error";
}

/** @throws OvationError when it was refused */
export function pageOf(answer: Fields | Refusal, video: string): HistoryPage {
  if (isRefusal(answer)) {
    const { code, message, field, limit } = answer;
    throw new OvationError(code, message, { field, limit, video });
  }
  const { events, more, epoch } = answer;
  return {
    events: eventsOf(events),
    more: more === true,
    epoch: typeof epoch === "string" ? epoch : undefined,
  };
}
