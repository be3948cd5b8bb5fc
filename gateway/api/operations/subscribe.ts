/** Subscribing to a video, for every wire: its audience here, and where the viewer begins. */
import type { ResultMessage } from "../../../shared/protocol/wire/messages.ts";
import type { Audience } from "../../delivery/audience.ts";
import type { ResumeRequest } from "../../history/histories.ts";
import { subscriptionResult } from "../../history/subscription-result.ts";
import type { GatewayServices } from "../services.ts";

export interface OpenedSubscription {
  readonly audience: Audience;
  /** The viewer has the durable events up to here; undefined: it wants none of before. */
  readonly after: number | undefined;
  /** Fields of the answer. */
  readonly result: Omit<ResultMessage, "op" | "id">;
}

/**
 * Watches the video, for whom a hold on it is released later.
 * @throws OvationError history_unavailable, unavailable, videos_exceeded
 */
export async function openSubscription(
  { interest, histories }: Pick<GatewayServices, "interest" | "histories">,
  video: string,
  request: ResumeRequest,
): Promise<OpenedSubscription> {
  const audience = await interest.hold(video);
  const resumePoint = await histories.begin(audience.history, request);
  const result = subscriptionResult(histories, audience.history, resumePoint);
  return { audience, after: resumePoint.after, result };
}
