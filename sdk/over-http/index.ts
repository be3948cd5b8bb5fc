/** Everything that uses HTTP: a separate chunk, loaded when it is needed. */
export { receiveCore } from "./core.ts";
export { Diagnoses } from "./diagnosis.ts";
export { EventStreamsLink } from "./event-streams.ts";
export { readHistory } from "./history.ts";
export { moderate } from "./moderate.ts";
export { readTimeline, readTransientKinds } from "./timeline.ts";
