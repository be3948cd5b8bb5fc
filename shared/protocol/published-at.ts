/**
 * When a request was published: its gateway sets `publishedAt`, in milliseconds since 1970, on the
 * first event of the request. It is for the metrics only. A service may set it too.
 */
import type { EventInput } from "./events.ts";

function isList(request: PublishRequest): request is readonly EventInput[] {
  return Array.isArray(request);
}

/** A request as it goes over the bus: one event or a list. */
export type PublishRequest = EventInput | readonly EventInput[];

/** The request with its time on it. */
export function publishedAt(request: PublishRequest, at: number): PublishRequest {
  if (!isList(request)) return Object.assign({ publishedAt: at }, request);
  const [first, ...rest] = request;
  return first === undefined ? request : [Object.assign({ publishedAt: at }, first), ...rest];
}

/** The time on a decoded request; undefined when there is no valid one. */
export function publishedAtOf(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first !== "object" || first === null || !("publishedAt" in first)) return undefined;
  const at = first.publishedAt;
  return typeof at === "number" && Number.isFinite(at) ? at : undefined;
}
