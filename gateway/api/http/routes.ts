/** The paths of the API, and which route a request's path belongs to. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import { TICKETS_PATH } from "../../../shared/protocol/wire/messages.ts";
import { PING_PATH } from "../../../shared/protocol/wire/ping.ts";

/** The path of each route; a name in braces stands for one segment. */
export const ROUTE_PATHS = {
  videos: "/v1/videos",
  video: "/v1/videos/{video}",
  events: "/v1/videos/{video}/events",
  event: "/v1/videos/{video}/events/{id}",
  history: "/v1/videos/{video}/history",
  totals: "/v1/videos/{video}/totals",
  timeline: "/v1/videos/{video}/timeline",
  end: "/v1/videos/{video}/end",
  poll: "/v1/videos/{video}/polls/{poll}",
  rules: "/v1/videos/{video}/rules",
  pin: "/v1/videos/{video}/pin",
  bans: "/v1/videos/{video}/bans",
  ban: "/v1/videos/{video}/bans/{actor}",
  moderation: "/v1/videos/{video}/moderation",
  bansEverywhere: "/v1/bans",
  banEverywhere: "/v1/bans/{actor}",
  moderationEverywhere: "/v1/moderation",
  actor: "/v1/actors/{actor}/events",
  ping: PING_PATH,
  openapi: "/v1/openapi.json",
  tickets: TICKETS_PATH,
} as const;
export type RouteName = keyof typeof ROUTE_PATHS;

/** What a path names, as it is in the path; empty where it names none. */
export interface PathNames {
  readonly video: string;
  /** Of an event. */
  readonly id: string;
  readonly poll: string;
  readonly actor: string;
}

export interface MatchedRoute {
  readonly name: RouteName;
  readonly path: PathNames;
}

export const NO_NAMES: PathNames = { video: "", id: "", poll: "", actor: "" };

const PATTERNS = (Object.keys(ROUTE_PATHS) as RouteName[]).map((name) => {
  const segments = ROUTE_PATHS[name].replaceAll(/{(\w+)}/g, (_all, key: string) =>
    // An empty video is an invalid one, which is said.
    key === "video" ? "(?<video>[^/]*)" : `(?<${key}>[^/]+)`,
  );
  return { name, pattern: new RegExp(`^${segments}$`) };
});

/** The actor that a path names. @throws OvationError field_invalid */
export function actorIn({ actor }: PathNames): string {
  try {
    return decodeURIComponent(actor);
  } catch {
    throw new OvationError("field_invalid", "actor: not percent-encoded", { field: "actor" });
  }
}

/** Whether the route's path names a video. */
export function namesVideo(name: RouteName): boolean {
  return ROUTE_PATHS[name].includes("{video}");
}

/** @returns undefined when the API has nothing at this path */
export function routeAt(path: string): MatchedRoute | undefined {
  for (const { name, pattern } of PATTERNS) {
    const found = pattern.exec(path);
    if (found !== null) return { name, path: { ...NO_NAMES, ...found.groups } };
  }
  return undefined;
}
