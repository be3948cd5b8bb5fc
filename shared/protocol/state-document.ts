/**
 * The state of one video, as it is stored: the newest value of each name, in one document, so that
 * one read has all of it. A name is a kind of class `state`, or such a kind, a colon and a key.
 *
 * As msgpack: `{name: [event bytes, at], …, "~": [[writer, change], …]}`. Under `~`, which is no
 * name, the last writers have the number of their last change that is in the document: a writer
 * whose answer was lost finds out there whether it was stored.
 */
import { decodeTrustedMsgpack, encodeMsgpack } from "./wire/codec.ts";

/** The most names in one document. */
export const STATE_NAMES_LIMIT = 64;
/** The largest document. */
export const STATE_BYTES_LIMIT = 65_536;
/** Writers that a document remembers. */
const MARKS_LIMIT = 8;
const MARKS = "~";

/** The newest value of one name. */
export interface StateValue {
  /** The event as msgpack, as viewers get it. */
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The last change of a writer that a document has. */
export type WriterMark = readonly [writer: string, change: number];

export interface StateDocument {
  readonly values: ReadonlyMap<string, StateValue>;
  /** The one who wrote last comes last. */
  readonly marks: readonly WriterMark[];
}

export const EMPTY_STATE: StateDocument = { values: new Map(), marks: [] };

/** The kind of the events of a name. */
export function kindOfState(name: string): string {
  const colon = name.indexOf(":");
  return colon < 0 ? name : name.slice(0, colon);
}

/** The value that an event of state brings. */
export function dataOf(bytes: Uint8Array): unknown {
  const event = decodeTrustedMsgpack(bytes);
  return typeof event === "object" && event !== null && "data" in event ? event.data : null;
}

/** The document with these values, as a writer's change. */
export function withMark(
  values: ReadonlyMap<string, StateValue>,
  { marks }: StateDocument,
  mark: WriterMark,
): StateDocument {
  const others = marks.filter(([writer]) => writer !== mark[0]);
  return { values, marks: [...others.slice(1 - MARKS_LIMIT), mark] };
}

/** Whether a document has a writer's change. */
export function hasMark({ marks }: StateDocument, [writer, change]: WriterMark): boolean {
  return marks.some(([name, last]) => name === writer && last >= change);
}

export function encodeState({ values, marks }: StateDocument): Buffer {
  const entries = [...values].map(([name, { bytes, at }]) => [name, [bytes, at]] as const);
  return encodeMsgpack({ ...Object.fromEntries(entries), [MARKS]: marks });
}

/** The inverse of {@link encodeState}; undefined for a payload that isn't ours. */
export function decodeState(payload: Uint8Array): StateDocument | undefined {
  let document: unknown;
  try {
    document = decodeTrustedMsgpack(payload);
  } catch {
    return undefined;
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) return;
  const values = new Map<string, StateValue>();
  let marks: readonly WriterMark[] = [];
  for (const [name, entry] of Object.entries(document) as [string, unknown][]) {
    if (!Array.isArray(entry)) return undefined;
    if (name === MARKS) marks = entry.filter(isMark);
    else {
      const [bytes, at]: unknown[] = entry;
      if (!(bytes instanceof Uint8Array) || typeof at !== "number") return undefined;
      // A copy: it is kept, and would keep its whole network buffer with it.
      values.set(name, { bytes: new Uint8Array(bytes), at });
    }
  }
  return { values, marks };
}

function isMark(entry: unknown): entry is WriterMark {
  return Array.isArray(entry) && typeof entry[0] === "string" && typeof entry[1] === "number";
}
