/** Sends a request about a video over HTTP for the application, which gets errors of the client. */
import { core } from "./core.ts";
import type { HttpOptions } from "./http.ts";

/** What such a request needs of the client. */
export interface HttpHost extends Omit<HttpOptions, "token"> {
  /** Aborted when the client is closed. */
  readonly signal: AbortSignal;
  token(): Promise<string | undefined>;
}

/** @throws OvationError closed, unreachable, or the gateway's refusal */
export async function send<T>(
  { url, fetch, signal, token }: HttpHost,
  video: string,
  request: (http: HttpOptions, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const options = { url, fetch, token: await token() };
  try {
    return await request(options, signal);
  } catch (error) {
    if (signal.aborted) throw new core.OvationError("closed", "the client is closed", { video });
    if (error instanceof core.OvationError) throw error;
    throw new core.OvationError("unreachable", String(error), { video, cause: error });
  }
}
