/** What moderators request of a gateway. */
import type {
  BanOptions,
  ModerationPage,
  RoomRules,
} from "../../shared/protocol/moderation/view.ts";
import type { Moderation } from "../moderation.ts";
import { core } from "./core.ts";
import { authorization, type HttpOptions, refusalOfResponse, videoUrl } from "./http.ts";
import { type HttpHost, send } from "./send.ts";

/** A request below the video's path. */
interface Request {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  /** The field of the answer's body that is the result; undefined: all of it. */
  readonly result?: string;
}

type Requests = { readonly [Act in keyof Moderation]: (...given: never[]) => Request };

const REQUESTS: Requests = {
  setRules: (body: RoomRules) => ({ method: "PUT", path: "rules", body, result: "rules" }),
  pin: (id: string) => ({ method: "PUT", path: "pin", body: { id }, result: "pinned" }),
  unpin: () => ({ method: "DELETE", path: "pin" }),
  delete: (id: string) => ({ method: "DELETE", path: `events/${segment("id", id)}` }),
  deleteAllOf: (actor: string) => ({
    method: "DELETE",
    path: "events",
    query: { actor },
    result: "events",
  }),
  ban: (actor: string, body: BanOptions) => ({ method: "PUT", path: banOf(actor), body }),
  unban: (actor: string) => ({ method: "DELETE", path: banOf(actor) }),
  bans: (page: ModerationPage = {}) => ({
    method: "GET",
    path: "bans",
    query: { ...page },
    result: "bans",
  }),
  acts: (page: ModerationPage = {}) => ({
    method: "GET",
    path: "moderation",
    query: { ...page },
    result: "acts",
  }),
};

/** Where a gateway itself answers with 404. */
const NOT_FOUND = ["event_not_found", "ban_not_found"];

function banOf(actor: string): string {
  return `bans/${segment("actor", actor)}`;
}

/** One segment of a path: browsers take some for a step within the path, however they are encoded. */
function segment(field: string, name: string): string {
  if (!/^\.{0,2}$/.test(name)) return encodeURIComponent(name);
  const message = `${field}: "${name}" can't be named in a path of HTTP`;
  throw new core.OvationError("field_invalid", message, { field });
}

/**
 * Carries out one call of {@link Moderation}.
 * @throws OvationError as {@link send}
 */
export async function moderate(
  host: HttpHost,
  video: string,
  act: keyof Moderation,
  given: readonly unknown[],
): Promise<unknown> {
  const wanted = REQUESTS[act](...(given as never[]));
  return await send(host, video, (http, signal) => request(http, video, wanted, signal));
}

async function request(
  { url, fetch, token }: HttpOptions,
  video: string,
  { method, path, query = {}, body, result }: Request,
  signal: AbortSignal,
): Promise<unknown> {
  const address = videoUrl(url, video, path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  const content =
    body === undefined
      ? {}
      : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(address, {
    method,
    ...content,
    headers: { ...content.headers, ...authorization(token) },
    signal,
  });
  if (!response.ok) throw core.errorOf(await refusalOfResponse(response, NOT_FOUND), video);
  const answer: unknown = await response.json();
  return result === undefined || !core.isFields(answer) ? answer : answer[result];
}
