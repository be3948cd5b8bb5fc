/** Asks the operator's reviewers: over NATS, or by an HTTPS request. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { Bus } from "../../shared/bus/connection.ts";
import { type SigningKey, signedHeaders } from "../../shared/lib/webhook-signature.ts";
import { REVIEW_ANSWER_LIMIT_BYTES } from "../../shared/protocol/moderation/review.ts";
import { reviewSubject } from "../../shared/protocol/subjects.ts";

/** Rejects when there is no answer in time, or one that can't be used. */
export type Ask = (kind: string, request: Uint8Array, timeoutMs: number) => Promise<Uint8Array>;

/** Connections to a reviewer that are kept. */
const SPARE_SOCKETS = 8;

/** A reviewer that is asked over HTTPS, or HTTP on this machine. */
export interface HttpReviewer {
  readonly url: string;
  /** The authorities that are trusted for its certificate, in PEM; undefined: those of Node.js. */
  readonly ca: string | undefined;
  /** Requests are signed with each of these. */
  readonly keys: readonly SigningKey[];
}

/** One of a queue group of reviewers answers. */
export function askOverNats(bus: Pick<Bus, "request">): Ask {
  return async (kind, request, timeoutMs) =>
    await bus.request(reviewSubject(kind), request, timeoutMs);
}

/**
 * Only the URL itself is asked: a redirect might lead to an address that only this machine reaches,
 * so it is a failure.
 */
export function askOverHttp({ url, ca, keys }: HttpReviewer): Ask {
  const isTls = url.startsWith("https:");
  const kept = { keepAlive: true, maxFreeSockets: SPARE_SOCKETS };
  const agent = isTls ? new Agent({ ...kept, ca }) : new HttpAgent(kept);
  const send = isTls ? httpsRequest : httpRequest;
  return (_kind, body, timeoutMs) =>
    new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        accept: "application/json",
        "content-length": body.length,
        ...signedHeaders(keys, body),
      };
      const signal = AbortSignal.timeout(timeoutMs);
      const request = send(url, { method: "POST", agent, headers, signal }, (response) => {
        limitedBody(response).then(resolve, (error: unknown) => {
          // Of what else it may send, nothing is read.
          response.destroy();
          reject(error);
        });
      });
      request.on("error", reject);
      request.end(body);
    });
}

async function limitedBody(response: IncomingMessage): Promise<Uint8Array> {
  if (response.statusCode !== 200) {
    throw new Error(`the reviewer answers with status ${response.statusCode}`);
  }
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > REVIEW_ANSWER_LIMIT_BYTES) {
      throw new Error(`the reviewer's answer exceeds ${REVIEW_ANSWER_LIMIT_BYTES} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}
