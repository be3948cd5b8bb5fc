/** What other parts may use of the dispatcher. */
export { Dispatcher } from "./dispatcher.ts";
export { registerDispatcherMetrics } from "./metrics.ts";
