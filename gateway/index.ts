/** What other parts may import: the gateway's process, and the constants of the sizing model. */
export { openApiDocument } from "./api/openapi/document.ts";
export { Frame, type LoggedEvent, type Wire } from "./delivery/frame.ts";
export { Gateway } from "./gateway.ts";
export { FIRST_CHECK_MS } from "./history/follower.ts";
export { connectionRoom } from "./limits/connection-room.ts";
export { registerLimitMetrics } from "./limits/metrics.ts";
export { REPORT_FROM } from "./limits/publishers.ts";
export { REPORT_EVERY_MS } from "./limits/spending-reports.ts";
export { BURST_SECONDS } from "./limits/token-bucket.ts";
export { registerGatewayMetrics } from "./metrics.ts";
export { STATE_CHECKS } from "./parts.ts";
export { WAIT_MS } from "./publish/batcher.ts";
