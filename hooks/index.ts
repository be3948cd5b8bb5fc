/** What other parts may use of the role that sends webhooks. */
export { registerHooksMetrics } from "./metrics.ts";
