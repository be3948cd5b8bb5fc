/** Sends one webhook, and says what came of it. Nothing of an answer but its status counts. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { signedHeaders } from "../../shared/lib/webhook-signature.ts";
import { VERSION } from "../../shared/runtime/version.ts";
import type { Endpoint } from "../endpoints.ts";
import { type AddressRules, guardedLookup } from "./address-rules.ts";

/** What is read of an answer, so that its connection can be used again. */
const ANSWER_LIMIT_BYTES = 65_536;
/** One webhook at a time is sent to an endpoint. */
const SPARE_SOCKETS = 1;
/** How long one that is under way may take when the work ends: most need not be repeated then. */
const STOP_GRACE_MS = 1_000;
const GONE = 410;

export type Outcome =
  | { readonly kind: "delivered" }
  /** @param retryAfterMs when the endpoint wants it again */
  | { readonly kind: "failed"; readonly fault: string; readonly retryAfterMs?: number | undefined }
  /** The endpoint wants no more webhooks at all. */
  | { readonly kind: "gone" };

export type Post = (id: string, body: Buffer, signal: AbortSignal) => Promise<Outcome>;

/**
 * Sends to one endpoint. A redirect is a failure: it might lead to an address that only this machine
 * reaches.
 * @returns a function that sends, and never rejects
 */
export function postTo({ url, keys }: Endpoint, rules: AddressRules, timeoutMs: number): Post {
  const isTls = url.protocol === "https:";
  const lookup = guardedLookup(url, rules);
  const options = {
    keepAlive: true,
    maxFreeSockets: SPARE_SOCKETS,
    ...(lookup === undefined ? {} : { lookup }),
  };
  const agent = isTls ? new Agent(options) : new HttpAgent(options);
  const send = isTls ? httpsRequest : httpRequest;
  return (id, body, stop) =>
    new Promise((resolve) => {
      const headers = {
        "content-type": "application/json",
        "content-length": body.length,
        "user-agent": `ovation/${VERSION}`,
        ...signedHeaders(keys, body, id),
      };
      const timeout = AbortSignal.timeout(timeoutMs);
      const ended = new AbortController();
      const end = () => setTimeout(() => ended.abort(), STOP_GRACE_MS).unref();
      stop.addEventListener("abort", end, { once: true });
      const signal = AbortSignal.any([ended.signal, timeout]);
      const request = send(url, { method: "POST", agent, headers, signal }, (response) => {
        resolve(outcomeOf(response));
        discard(response);
      });
      request.on("error", (error) => {
        const fault = timeout.aborted ? `no answer within ${timeoutMs} ms` : faultOf(error);
        resolve({ kind: "failed", fault });
      });
      request.on("close", () => stop.removeEventListener("abort", end));
      request.end(body);
    });
}

function outcomeOf({ statusCode = 0, headers }: IncomingMessage): Outcome {
  if (statusCode >= 200 && statusCode < 300) return { kind: "delivered" };
  if (statusCode === GONE) return { kind: "gone" };
  const retryAfterMs = retryAfter(headers["retry-after"]);
  return { kind: "failed", fault: `status ${statusCode}`, retryAfterMs };
}

/** Seconds or a date, https://www.rfc-editor.org/rfc/rfc9110.html#name-retry-after */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Reads a short answer to its end, so that the connection can be kept; any other ends it. */
function discard(response: IncomingMessage): void {
  let bytes = 0;
  response.on("data", (part: Buffer) => {
    bytes += part.length;
    if (bytes > ANSWER_LIMIT_BYTES) response.destroy();
  });
  response.on("error", () => undefined);
}

function faultOf(error: Error & { readonly code?: string }): string {
  return error.code ?? error.message;
}
