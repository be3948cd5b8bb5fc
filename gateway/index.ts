/** What other parts may know of a gateway: how its process is made, and what the sizing model counts with. */
export { Frame, type LoggedEvent, type Wire } from "./delivery/frame.ts";
export { Gateway } from "./gateway.ts";
export { FIRST_CHECK_MS } from "./history/follower.ts";
export { TELL_EVERY_MS, TOLD_FROM } from "./limits/actors.ts";
export { registerLimitMetrics } from "./limits/metrics.ts";
export { BURST_SECONDS } from "./limits/token-bucket.ts";
export { registerGatewayMetrics } from "./metrics.ts";
export { WAIT_MS } from "./publish/batcher.ts";
