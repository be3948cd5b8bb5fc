/** `ping`: answered at once, as proof that the connection works in both directions, with our time. */
import type { RequestHandler } from "../request-handler.ts";

export const ping: RequestHandler<"ping"> = () => ({ result: { now: Date.now() } });
