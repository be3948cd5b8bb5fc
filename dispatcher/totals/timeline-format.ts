/** How a video's timeline changes, and how a change goes into an hour's document. */
import {
  decodeTimeline,
  encodeTimeline,
  joinTimelines,
  NO_TIMELINE,
  type Slot,
  type TimelineDocument,
  withSlots,
} from "../../shared/protocol/totals/timeline-document.ts";
import type { DocumentFormat } from "./document-writer.ts";

/** By the number of the slot in its hour. */
export type TimelineChange = Map<number, Slot>;

export const timelineFormat: DocumentFormat<TimelineDocument, TimelineChange> = {
  empty: NO_TIMELINE,
  encode: encodeTimeline,
  decode: decodeTimeline,
  apply: withSlots,
  join: joinTimelines,
};
