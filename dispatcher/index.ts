/** What other parts may know of a dispatcher. */
export { Dispatcher } from "./dispatcher.ts";
export { registerDispatcherMetrics } from "./metrics.ts";
