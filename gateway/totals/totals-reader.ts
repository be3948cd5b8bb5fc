/** Reads the stored totals of videos for this gateway. */
import type { BucketEntry } from "../../shared/bus/bucket-entry.ts";
import { DocumentReader } from "../../shared/bus/document-reader.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { NO_TOTALS, type VideoTotals as Stored } from "../../shared/protocol/totals/totals.ts";
import { decodeTotalsDocument } from "../../shared/protocol/totals/totals-document.ts";

export class TotalsReader extends DocumentReader<Stored> {
  protected decode(entry: BucketEntry | undefined): Stored {
    if (entry?.value === undefined) return NO_TOTALS;
    return decodeTotalsDocument(entry.value)?.totals ?? NO_TOTALS;
  }

  protected tooManyWait(): OvationError {
    return new OvationError("unavailable");
  }
}
