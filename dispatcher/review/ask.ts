/** Asks the operator's reviewers: over NATS, or by an HTTPS request. */
import type { Bus } from "../../shared/bus/connection.ts";
import { REVIEW_ANSWER_LIMIT_BYTES } from "../../shared/protocol/moderation/review.ts";
import { reviewSubject } from "../../shared/protocol/subjects.ts";

/** Rejects when there is no answer in time, or one that can't be used. */
export type Ask = (kind: string, request: Uint8Array, timeoutMs: number) => Promise<Uint8Array>;

/** One of a queue group of reviewers answers. */
export function askOverNats(bus: Pick<Bus, "request">): Ask {
  return async (kind, request, timeoutMs) =>
    await bus.request(reviewSubject(kind), request, timeoutMs);
}

/**
 * Only the URL itself is asked: a redirect might lead to an address that only this machine reaches,
 * so it is a failure.
 */
export function askOverHttps(url: string): Ask {
  return async (_kind, request, timeoutMs) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: Buffer.from(request),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`the reviewer answers with status ${response.status}`);
    }
    return await limitedBody(response);
  };
}

async function limitedBody(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > REVIEW_ANSWER_LIMIT_BYTES) {
      throw new Error(`the reviewer's answer exceeds ${REVIEW_ANSWER_LIMIT_BYTES} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}
