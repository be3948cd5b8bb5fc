/** `ping`: answered at once, as proof that the connection lives in both directions. */
import type { RequestHandler } from "../request-handler.ts";

export const ping: RequestHandler<"ping"> = () => ({ result: {} });
