/**
 * What a viewer's client reports, when its gateway asks: how long events took to its screen, and what
 * went wrong. Buckets and numbers only: no video, no actor, no event. docs/protocol.md#report.
 */
import { z } from "zod";
import { REPORT_DURATION_LIMIT_MS, REPORT_LIMIT, REPORT_LONGEST_MS } from "./report-limit.ts";
import type { ReportTerms } from "./server-messages.ts";

/** Upper bounds of the buckets, in milliseconds; one more bucket has what took longer. */
export const REPORT_BOUNDS_MS: ReportTerms["boundsMs"] = [
  10, 25, 50, 100, 150, 200, 300, 500, 750, 1_000, 2_000, 5_000, 10_000,
];

const count = z.int().min(0).max(REPORT_LIMIT);

const distributionSchema = z
  .object({
    /** Of each bucket alone. */
    counts: z.array(count).length(REPORT_BOUNDS_MS.length + 1),
    sumMs: z.int().min(0),
  })
  .superRefine(({ counts, sumMs }, context) => {
    const total = counts.reduce((sum, one) => sum + one, 0);
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: [field], message });
    if (total > REPORT_LIMIT) refuse("counts", `has ${total} events; the limit is ${REPORT_LIMIT}`);
    if (sumMs > total * REPORT_LONGEST_MS) {
      refuse("sumMs", `is more than ${REPORT_LONGEST_MS} for each of ${total} events`);
    }
  });
export type ReportedDistribution = z.output<typeof distributionSchema>;

export const reportSchema = z.object({
  op: z.literal("report"),
  /** From when Ovation accepted an event until it was shown, by its delivery class. */
  transient: distributionSchema.optional(),
  durable: distributionSchema.optional(),
  /** From a publish until its answer. */
  published: distributionSchema.optional(),
  /** The most by which the client's estimate of our clock may be wrong. */
  clockErrorMs: z.int().min(0).max(REPORT_DURATION_LIMIT_MS).optional(),
  /** How long it was without a connection before this one. */
  awayMs: z.int().min(0).max(REPORT_DURATION_LIMIT_MS).optional(),
  /** Times that durable events were missed. */
  missed: count.optional(),
  /** Events that arrived once more. */
  repeated: count.optional(),
  /** Durable events from while it was away, which arrived afterwards. */
  recovered: count.optional(),
  /** Publishes that failed without anybody's doing. */
  failed: count.optional(),
});
