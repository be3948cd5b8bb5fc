/** For a browser too: how much a report may hold. */

/** The most observations of a distribution, and of each number: whoever lies weighs no more. */
export const REPORT_LIMIT = 1_000;
/** The longest that an event takes; beyond that, a clock is wrong. */
export const REPORT_LONGEST_MS = 600_000;
/** The longest of the other durations. */
export const REPORT_DURATION_LIMIT_MS = 86_400_000;
