/** How many files a process may have open; each connection is one. */
import { z } from "zod";

const reportSchema = z.object({
  userLimits: z.object({ open_files: z.object({ soft: z.number() }) }),
});

/** @returns undefined when there is no limit, or it can't be read. Node.js raises it to the hard limit */
export function openFilesLimit(): number | undefined {
  // Its type lacks a property that Node.js 22 has.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
  const wasExcluded = report.excludeNetwork;
  // Otherwise the report takes long where names resolve slowly.
  report.excludeNetwork = true;
  const parsed = reportSchema.safeParse(report.getReport());
  report.excludeNetwork = wasExcluded;
  return parsed.data?.userLimits.open_files.soft;
}
