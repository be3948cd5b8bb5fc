/** `ping`: answered at once, as proof that the connection works in both directions. */
import type { RequestHandler } from "../request-handler.ts";

export const ping: RequestHandler<"ping"> = () => ({ result: {} });
