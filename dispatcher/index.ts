/** What other parts may use of the dispatcher. */
export { Dispatcher } from "./dispatcher.ts";
export { registerDispatcherMetrics } from "./metrics.ts";
export { HEARTBEAT_MS } from "./partitions/assignment.ts";
export { SAMPLE } from "./window/collected-events.ts";
export { FanoutWindow, FREE_MESSAGES } from "./window/fanout-window.ts";
