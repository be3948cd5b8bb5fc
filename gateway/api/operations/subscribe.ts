/** Subscribing to a video, for every wire: its audience here, and where the viewer starts. */
import type { ResultMessage } from "../../../shared/protocol/wire/messages.ts";
import type { Audience } from "../../delivery/audience.ts";
import type { ResumeRequest } from "../../history/histories.ts";
import { subscriptionResult } from "../../history/subscription-result.ts";
import type { GatewayServices } from "../services.ts";

export interface OpenedSubscription {
  readonly audience: Audience;
  /** The viewer has the durable events up to this seq; undefined: it wants no past events. */
  readonly after: number | undefined;
  /** Fields of the answer. */
  readonly result: Omit<ResultMessage, "op" | "id">;
}

/**
 * Holds the video; the caller releases the hold later.
 * @throws OvationError history_unavailable, unavailable, videos_exceeded
 */
export async function openSubscription(
  { interest, histories }: Pick<GatewayServices, "interest" | "histories">,
  video: string,
  request: ResumeRequest,
): Promise<OpenedSubscription> {
  const audience = await interest.hold(video);
  const resumePoint = await histories.resume(audience.history, request);
  const result = subscriptionResult(histories, audience.history, resumePoint);
  return { audience, after: resumePoint.after, result };
}
