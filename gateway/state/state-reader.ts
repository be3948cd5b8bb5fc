/** Reads the stored state of videos for this gateway. */
import type { BucketEntry } from "../../shared/bus/bucket-entry.ts";
import { DocumentReader } from "../../shared/bus/document-reader.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  decodeState,
  EMPTY_STATE,
  type StateDocument,
} from "../../shared/protocol/state-document.ts";

/** A document, and its revision in the bucket; 0 when there is none. */
export interface StoredState {
  readonly document: StateDocument;
  readonly revision: number;
}

export class StateReader extends DocumentReader<StoredState> {
  protected decode(entry: BucketEntry | undefined): StoredState {
    if (entry?.value === undefined) return { document: EMPTY_STATE, revision: 0 };
    const document = decodeState(entry.value);
    if (document === undefined) throw new OvationError("internal");
    return { document, revision: entry.revision };
  }

  protected tooManyWait(): OvationError {
    return new OvationError("state_unavailable", "too many reads of state are waiting");
  }
}
