/** How a video's totals change, and how a change goes into their document. */
import type { ChainTotals, ReadonlyTally, Tally } from "../../shared/protocol/totals/totals.ts";
import { addTo, NO_CHAIN, withChain } from "../../shared/protocol/totals/totals.ts";
import {
  decodeTotalsDocument,
  encodeTotalsDocument,
  joinDocuments,
  NO_DOCUMENT,
  type TotalsDocument,
} from "../../shared/protocol/totals/totals-document.ts";
import { VARIANTS_LIMIT } from "../../shared/protocol/variants.ts";
import type { DocumentFormat } from "./document-writer.ts";

/** What happened to one video since the last write. */
export interface TotalsChange {
  /** Events of transient kinds, by kind and variant. */
  readonly added: Tally;
  /** Durable events, by the newest record of the video's chain. */
  chain: ChainTotals;
  /** Variants that are to be counted from now on. */
  readonly claims: Set<string>;
  /** Totals that somebody set, which come before what was added. */
  set: SetTotals | undefined;
}

export interface SetTotals {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly counts: ReadonlyTally;
  /** Those of durable kinds. */
  readonly durable: ReadonlyTally;
}

export function newTotalsChange(): TotalsChange {
  return { added: new Map(), chain: NO_CHAIN, claims: new Set(), set: undefined };
}

/** Sets totals: what was added to them before no longer counts. */
export function setIn(change: TotalsChange, { at, counts, durable }: SetTotals): void {
  for (const name of counts.keys()) change.added.delete(name);
  const before = change.set;
  change.set = {
    at: Math.max(at, before?.at ?? 0),
    counts: new Map([...(before?.counts ?? []), ...counts]),
    durable: new Map([...(before?.durable ?? []), ...durable]),
  };
}

function apply(document: TotalsDocument, change: TotalsChange): TotalsDocument {
  let totals = withChain(document.totals, change.chain);
  const { set, claims, added } = change;
  if (set !== undefined) {
    const base = new Map(totals.base);
    for (const [name, count] of set.durable) {
      base.set(name, count - (totals.chain.counts.get(name) ?? 0));
    }
    const counts = new Map(totals.counts);
    for (const [name, count] of set.counts) {
      if (!name.includes(":") || claim(counts, name)) counts.set(name, count);
    }
    totals = { ...totals, setAt: Math.max(set.at, totals.setAt + 1), base, counts };
  }
  if (added.size + claims.size === 0) return { ...document, totals };
  const counts = new Map(totals.counts);
  for (const name of claims) claim(counts, name);
  for (const [name, count] of added) addTo(counts, name, count);
  return { ...document, totals: { ...totals, counts } };
}

/** Adds a variant if the kind has room for it on this video; returns whether it has it now. */
function claim(counts: Tally, name: string): boolean {
  if (counts.has(name)) return true;
  const prefix = name.slice(0, name.indexOf(":") + 1);
  let variants = 0;
  for (const known of counts.keys()) if (known.startsWith(prefix)) variants += 1;
  if (variants >= VARIANTS_LIMIT) return false;
  counts.set(name, 0);
  return true;
}

export const totalsFormat: DocumentFormat<TotalsDocument, TotalsChange> = {
  empty: NO_DOCUMENT,
  encode: encodeTotalsDocument,
  decode: decodeTotalsDocument,
  apply,
  join: joinDocuments,
};
