/** Requests to the public HTTP API that the SDK has no call for. */
import { OvationError } from "ovation-client";

/** A request that a gateway refused, or that did not reach one. */
export class ApiError extends Error {
  readonly code: string;
  /** 0: no answer. */
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
  }
}

const ANSWER_MS = 15_000;

export type Request = <Answer>(
  method: "GET" | "PUT",
  path: string,
  body?: unknown,
) => Promise<Answer>;

/**
 * A function that sends requests with a token. It throws {@link ApiError}s.
 * @param base where the gateway is
 */
export function requestsTo(base: string, token: string): Request {
  return async <Answer>(method: "GET" | "PUT", path: string, body?: unknown) => {
    const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const answer = await fetch(new URL(`v1/${path}`, base), {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    }).catch(() => {
      throw new ApiError("unreachable", "The gateway does not answer.", 0);
    });
    const content: unknown = await answer.json().catch(() => undefined);
    if (answer.ok && content !== undefined) return content as Answer;
    const { error } = (content ?? {}) as { error?: { code: string; message: string } };
    const { code, message } = error ?? {
      code: "unreachable",
      message: `What answers is not a gateway (status ${answer.status}).`,
    };
    throw new ApiError(code, message, answer.status);
  };
}

/** Why something failed, in words. */
export function errorText(error: unknown): string {
  if (!(error instanceof OvationError || error instanceof ApiError)) return String(error);
  if (error.code === "forbidden") return `Your token does not allow this (${error.message}).`;
  return error.message;
}
