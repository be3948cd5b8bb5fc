/** The paths of the API, and which route a request's path belongs to. */
import { PING_PATH, TICKETS_PATH } from "../../../shared/protocol/wire/messages.ts";

/** The path of each route; `{video}` and `{id}` stand for one segment. */
export const ROUTE_PATHS = {
  events: "/v1/videos/{video}/events",
  event: "/v1/videos/{video}/events/{id}",
  history: "/v1/videos/{video}/history",
  ping: PING_PATH,
  tickets: TICKETS_PATH,
} as const;
export type RouteName = keyof typeof ROUTE_PATHS;

export interface MatchedRoute {
  readonly name: RouteName;
  /** As it is in the path; undefined when the path names no video. */
  readonly video: string | undefined;
  /** Likewise; empty when the path names no event. */
  readonly eventId: string;
}

const PATTERNS = (Object.keys(ROUTE_PATHS) as RouteName[]).map((name) => {
  const segments = ROUTE_PATHS[name].replace("{video}", "(?<video>[^/]*)");
  return { name, pattern: new RegExp(`^${segments.replace("{id}", "(?<id>[^/]+)")}$`) };
});

/** @returns undefined when the API has nothing at this path */
export function routeAt(path: string): MatchedRoute | undefined {
  for (const { name, pattern } of PATTERNS) {
    const groups = pattern.exec(path);
    if (groups === null) continue;
    return { name, video: groups.groups?.["video"], eventId: groups.groups?.["id"] ?? "" };
  }
  return undefined;
}
