/** What goes over HTTP: a chunk of its own, which is loaded only where it is needed. */
export { Diagnoses } from "./diagnosis.ts";
export { EventStreamsLink } from "./event-streams.ts";
export { readHistory } from "./history.ts";
