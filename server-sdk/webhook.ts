/** Verifies the webhooks that Ovation sends, and its requests to reviewers. */
import {
  isSigned,
  type SigningKey,
  signingKeys,
  WEBHOOK_HEADERS,
} from "../shared/lib/webhook-signature.ts";
import { OvationError } from "./error.ts";

const TOLERANCE_MS = 300_000;
const BODY_LIMIT_BYTES = 4 * 2 ** 20;

/**
 * A request as it arrived: a `Request` of the Fetch API, or the headers and the body that another
 * server has, such as `headers` of Node's `IncomingMessage`. The body must be as it was sent: not
 * parsed, and not encoded again.
 *
 * @example
 * const request: WebhookRequest = { headers: { "webhook-id": "msg_1" }, body: "{}" };
 */
export type WebhookRequest =
  | Request
  | {
      readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
      readonly body: string | Uint8Array;
    };

/**
 * How webhooks are verified.
 *
 * @example
 * const options: WebhookOptions = { secrets: process.env["WEBHOOK_SECRETS"]?.split(" ") ?? [] };
 */
export interface WebhookOptions {
  /** One secret, or two while it is changed: each `whsec_` and base64. */
  readonly secrets: readonly string[];
  /** How old, or how far in the future, its time may be. Default: 300,000. */
  readonly toleranceMs?: number | undefined;
  /** The longest body that is read from a `Request`. Default: 4 MiB. */
  readonly limitBytes?: number | undefined;
}

/**
 * A webhook whose signature is right.
 *
 * @example
 * const isNew = ({ id }: Webhook, seen: Set<string>) => !seen.has(id) && seen.add(id) !== undefined;
 */
export interface Webhook {
  /** The same in each attempt to deliver it: what was handled under this id is a repeat. */
  readonly id: string;
  /** When it was sent, in milliseconds since 1970. */
  readonly at: number;
  /** Its body, parsed. */
  readonly payload: unknown;
}

/**
 * Verifies a webhook, as https://www.standardwebhooks.com has it: its signature, by one of the secrets,
 * and its time. Answer 401 when it throws, and handle `payload` only when it doesn't.
 *
 * @throws OvationError `webhook_invalid`, with the header as `field`, or `body`
 * @throws TypeError for secrets that are none
 * @example
 * async function onWebhook(request: Request): Promise<Response> {
 *   try {
 *     const { payload } = await verifyWebhook(request, { secrets: ["whsec_c2VjcmV0IG9mIHRoZSBleGFtcGxlcyE="] });
 *     console.log(payload);
 *     return new Response(null, { status: 204 });
 *   } catch {
 *     return new Response(null, { status: 401 });
 *   }
 * }
 */
export async function verifyWebhook(
  request: WebhookRequest,
  options: WebhookOptions,
): Promise<Webhook> {
  const { secrets, toleranceMs = TOLERANCE_MS, limitBytes = BODY_LIMIT_BYTES } = options;
  const keys = keysOf(secrets);
  const id = headerOf(request, WEBHOOK_HEADERS.id);
  const timestamp = headerOf(request, WEBHOOK_HEADERS.timestamp);
  const signature = headerOf(request, WEBHOOK_HEADERS.signature);
  const at = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1_000 : Number.NaN;
  // An old request may be one that somebody has recorded. NaN is never near.
  if (!(Math.abs(Date.now() - at) <= toleranceMs)) {
    throw refusal(WEBHOOK_HEADERS.timestamp, `is not within ${toleranceMs} ms of now`);
  }
  const body = await bodyOf(request, limitBytes);
  if (!isSigned(keys, { id, timestamp }, body, signature)) {
    throw refusal(WEBHOOK_HEADERS.signature, "holds no signature by one of the secrets");
  }
  try {
    return { id, at, payload: JSON.parse(body.toString("utf8")) };
  } catch (cause) {
    throw refusal("body", "is not JSON", cause);
  }
}

function keysOf(secrets: readonly string[]): readonly SigningKey[] {
  try {
    return signingKeys(secrets);
  } catch (error) {
    throw new TypeError(`secrets: ${error instanceof Error ? error.message : ""}`);
  }
}

function headerOf({ headers }: WebhookRequest, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value === "string" && value !== "") return value;
  throw refusal(name, Array.isArray(value) ? "is there more than once" : "is missing");
}

async function bodyOf({ body }: WebhookRequest, limitBytes: number): Promise<Buffer> {
  if (body === null || typeof body === "string" || body instanceof Uint8Array) {
    return Buffer.from(body ?? "");
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    // Leaving the loop cancels the rest.
    if (bytes > limitBytes) throw refusal("body", `exceeds ${limitBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function refusal(field: string, fault: string, cause?: unknown): OvationError {
  return new OvationError("webhook_invalid", `${field} ${fault}`, { field, cause });
}
