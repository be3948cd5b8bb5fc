/** `ping`: answered at once, as proof that the connection lives in both directions. */
import type { RequestHandler } from "../session.ts";

export const ping: RequestHandler<"ping"> = () => ({ result: {} });
