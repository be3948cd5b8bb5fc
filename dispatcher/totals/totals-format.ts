/** How a video's totals change, and how a change goes into their document. */
import type {
  ChainTotals,
  ReadonlyTally,
  Tally,
  VideoTotals,
} from "../../shared/protocol/totals/totals.ts";
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
  /** The video was erased, before all of the above. */
  erased: ErasedTotals | undefined;
}

export interface SetTotals {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly counts: ReadonlyTally;
  /** Those of durable kinds. */
  readonly durable: ReadonlyTally;
}

export interface ErasedTotals {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** The `seq` up to which the video's chain was erased. */
  readonly seq: number;
}

export function newTotalsChange(): TotalsChange {
  return {
    added: new Map(),
    chain: NO_CHAIN,
    claims: new Set(),
    set: undefined,
    erased: undefined,
  };
}

/** What was added no longer counts. */
export function dropAdded({ added, claims }: TotalsChange): void {
  added.clear();
  claims.clear();
}

/** Erases totals: they start from zero again. */
export function eraseIn(change: TotalsChange, erased: ErasedTotals): void {
  dropAdded(change);
  change.set = undefined;
  change.erased = erased;
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
  const { erased, set, claims, added } = change;
  const before = erased === undefined ? document.totals : afterErasure(document.totals, erased);
  let totals = withChain(before, change.chain);
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
  if (added.size + claims.size === 0) {
    return totals === document.totals ? document : { ...document, totals };
  }
  const counts = new Map(totals.counts);
  for (const name of claims) claim(counts, name);
  for (const [name, count] of added) addTo(counts, name, count);
  return { ...document, totals: { ...totals, counts } };
}

/**
 * As totals that were set to nothing: whoever knows those before takes these for newer. What the
 * erased chain had doesn't count again, whoever still tells of it.
 */
function afterErasure(totals: VideoTotals, { at, seq }: ErasedTotals): VideoTotals {
  const { counts, base, chain, setAt } = totals;
  if (counts.size + base.size + chain.counts.size === 0) return totals;
  const end = Math.max(seq, chain.seq);
  return {
    setAt: Math.max(at, setAt + 1),
    counts: new Map(),
    base: new Map(),
    chain: { origin: end, seq: end, counts: new Map() },
  };
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
