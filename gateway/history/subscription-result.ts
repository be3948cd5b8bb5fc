/** The fields of the history in a subscription's result. */
import type { ResultMessage } from "../../shared/protocol/wire/messages.ts";
import type { ChainFollower } from "./follower.ts";
import type { ResumePoint, VideoHistories } from "./histories.ts";

export function subscriptionResult(
  histories: Pick<VideoHistories, "epoch">,
  history: ChainFollower,
  resumePoint: ResumePoint,
): Pick<ResultMessage, "seq" | "epoch" | "recovered" | "oldest"> {
  const { epoch } = histories;
  const seq = history.timeline.head;
  const { recovered, oldest } = resumePoint;
  return {
    ...(seq === undefined || epoch === undefined ? {} : { seq, epoch }),
    ...(recovered === undefined ? {} : { recovered }),
    ...(oldest === undefined ? {} : { oldest }),
  };
}
