/** The metrics of review before publish. */
import type { Registry } from "prom-client";
import { countOf, countsBy, gaugeOf } from "../../shared/runtime/metrics.ts";
import type { Review } from "./review.ts";

const VERDICTS = ["allow", "deny", "replace", "shadow", "none"] as const;

export function registerReviewMetrics(
  registry: Registry,
  review: Pick<Review, "stats" | "isPaused">,
): void {
  countsBy(
    registry,
    "ovation_dispatcher_review_verdicts_total",
    "Events that reviewers were to be asked about, by their verdict; `none`: not within the budget.",
    "verdict",
    VERDICTS,
    review.stats.verdicts,
  );
  countOf(
    registry,
    "ovation_dispatcher_review_failures_total",
    "Requests to reviewers without a usable answer within the budget.",
    () => review.stats.failures,
  );
  gaugeOf(
    registry,
    "ovation_dispatcher_review_paused",
    "1 while reviewers are not asked, since they failed again and again.",
    () => Number(review.isPaused),
  );
}
