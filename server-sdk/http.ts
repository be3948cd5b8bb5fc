/** Requests to a gateway: with a token, within a time, repeated where that is safe. */
import { setTimeout as wait } from "node:timers/promises";
import { Backoff } from "../shared/lib/backoff.ts";
import { errorIn, isFields, OvationError, retryOf } from "./error.ts";
import type { Settings } from "./options.ts";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** One request, and what may be done when it fails. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/v1/`; {@link pathOf} makes it. */
  readonly path: string;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, unknown>>;
  /** Sent as JSON. Called for each attempt. */
  readonly body?: () => unknown;
  /**
   * Whether it may be sent again when nobody knows whether it was carried out. Default: true, since
   * most requests say what there should be, or name their events by ids.
   */
  readonly isRepeatable?: boolean;
  /** Gets the body of an answer with an error, before a repeat. */
  readonly onFailure?: (body: unknown) => void;
}

export interface Answer {
  readonly status: number;
  /** The fields of the JSON object in the answer. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A path of segments, each encoded. @throws OvationError field_invalid for `.` and `..` */
export function pathOf(...segments: readonly string[]): string {
  for (const segment of segments) {
    if (segment !== "" && segment !== "." && segment !== "..") continue;
    const text = `"${segment}" can't be named in a path of HTTP`;
    throw new OvationError("field_invalid", text, { field: "path" });
  }
  return segments.map(encodeURIComponent).join("/");
}

export class Http {
  readonly #settings: Settings;
  #token: Promise<string> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * Sends a request, and again after failures that allow it.
   * @throws OvationError of the last attempt
   */
  async send(request: ApiRequest): Promise<Answer> {
    const { waitMs, random } = this.#settings;
    const until = performance.now() + waitMs;
    const backoff = new Backoff(FIRST_WAIT_MS / 2, LONGEST_WAIT_MS, random, FIRST_WAIT_MS);
    let isRenewed = false;
    for (;;) {
      const outcome = await this.#attempt(request);
      if (!(outcome instanceof OvationError)) return outcome;
      const { code, retryAfterMs = 0 } = outcome;
      if (code === "token_expired" && !isRenewed && this.#forgetToken()) {
        isRenewed = true;
        continue;
      }
      const retry = retryOf(code);
      const mayRepeat = retry === "yes" || (retry === "same-id" && request.isRepeatable !== false);
      const pauseMs = retryAfterMs + backoff.nextMs();
      if (!mayRepeat || performance.now() + pauseMs > until) throw outcome;
      await wait(pauseMs);
    }
  }

  /** Resolves with an answer, or with the error that it is. */
  async #attempt(request: ApiRequest): Promise<Answer | OvationError> {
    const { url, fetch, timeoutMs } = this.#settings;
    const { method, path, query = {}, body } = request;
    const address = new URL(`${url}/v1/${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    const content = body === undefined ? {} : { body: JSON.stringify(body()) };
    const headers = {
      ...(await this.#authorization()),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(address, {
        method,
        headers,
        ...content,
        signal,
        // A request that is redirected may lose its body, and its token should not go elsewhere.
        redirect: "manual",
      });
      const answer = parsed(await response.text());
      return readAnswer(response, answer, request);
    } catch (cause) {
      if (signal.aborted) {
        const text = `no answer arrived from ${url} within ${timeoutMs} ms`;
        return new OvationError("timeout", text, { cause });
      }
      return new OvationError("unreachable", `no gateway answers at ${url}: ${reasonOf(cause)}`, {
        cause,
      });
    }
  }

  async #authorization(): Promise<Readonly<Record<string, string>>> {
    const { token } = this.#settings;
    if (token === undefined) return {};
    if (typeof token === "string") return { Authorization: `Bearer ${token}` };
    // Concurrent requests wait for one call.
    this.#token ??= Promise.resolve().then(token);
    try {
      return { Authorization: `Bearer ${await this.#token}` };
    } catch (cause) {
      this.#token = undefined;
      throw new OvationError("token_unavailable", "the function for the token failed", { cause });
    }
  }

  /** @returns whether there can be another token */
  #forgetToken(): boolean {
    this.#token = undefined;
    return typeof this.#settings.token === "function";
  }
}

/** Undefined for what is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readAnswer(response: Response, body: unknown, request: ApiRequest): Answer | OvationError {
  const { status } = response;
  if (response.ok && isFields(body)) return { status, body };
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterMs = seconds >= 0 ? seconds * 1_000 : undefined;
  const error = errorIn(isFields(body) ? body["error"] : undefined, { status, retryAfterMs });
  // A gateway has every path that is requested here.
  if (error === undefined || error.code === "not_found") return strangerAt(response);
  request.onFailure?.(body);
  return error;
}

/** What it means that something other than a gateway answers. */
function strangerAt({ status, url }: Response): OvationError {
  const where = url.split("?")[0];
  const text = `no gateway answers at ${where}: HTTP status ${status}`;
  // A proxy says so when it can't reach a gateway just now.
  const isProxy = status >= 500 || [408, 425, 429].includes(status);
  return new OvationError(isProxy ? "unreachable" : "wrong_address", text, { status });
}

/** The reason of a `fetch` that failed is in its causes; of several addresses in each of theirs. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
