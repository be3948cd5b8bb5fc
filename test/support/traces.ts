/** Traces started before a request reaches Ovation. */
import { randomBytes } from "node:crypto";

export interface GivenTrace {
  readonly traceId: string;
  readonly spanId: string;
  /** The header's value. */
  readonly traceparent: string;
}

/** @param flags `01`: the caller sampled this trace */
export function newTrace(flags = "01"): GivenTrace {
  const traceId = randomBytes(16).toString("hex");
  const spanId = randomBytes(8).toString("hex");
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

/** Publishes over HTTP. */
export async function postTraced(
  port: number,
  video: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return await fetch(`http://127.0.0.1:${port}/v1/videos/${video}/events`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}
