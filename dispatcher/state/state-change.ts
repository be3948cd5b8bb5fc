/** One change of a video's state, and whether the document has room for it. */
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  EMPTY_STATE,
  encodeState,
  kindOfState,
  STATE_BYTES_LIMIT,
  STATE_NAMES_LIMIT,
  type StateValue,
} from "../../shared/protocol/state-document.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";

/** The event that brings a value, or says that it was removed. */
export interface StateEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor?: string | undefined;
  /** The value; undefined or null removes the name. */
  readonly data?: unknown;
}

/** A name's new value. */
export interface StatePut {
  readonly name: string;
  readonly event: StateEvent;
  /** The event as viewers get it. */
  readonly bytes: Buffer;
  readonly isRemoval: boolean;
}

export type StateValues = ReadonlyMap<string, StateValue>;

/** Works out what to change from what there is; nothing when there is nothing to change. */
export type StateEdit = (values: StateValues) => readonly StatePut[];

export function statePut(name: string, event: StateEvent): StatePut {
  const { id, at, actor, data } = event;
  const isRemoval = data === undefined || data === null;
  const bytes = encodeMsgpack({
    id,
    kind: kindOfState(name),
    at,
    ...(actor === undefined ? {} : { actor }),
    ...(isRemoval ? {} : { data }),
  });
  return { name, event, bytes, isRemoval };
}

/** The event that brought a value. */
export function eventOf({ bytes, at }: StateValue): StateEvent {
  const event = decodeTrustedMsgpack(bytes) as Partial<StateEvent>;
  return { ...event, id: event.id ?? "", at };
}

/** The values after these changes. @throws OvationError state_too_large; then none is made */
export function applied(values: StateValues, puts: readonly StatePut[]): StateValues {
  const changed = new Map(values);
  for (const { name, bytes, event, isRemoval } of puts) {
    if (isRemoval) changed.delete(name);
    else changed.set(name, { bytes, at: event.at });
  }
  // What only shrinks is let through, even if a lower limit applies now.
  if (puts.every(({ isRemoval }) => isRemoval)) return changed;
  if (changed.size > STATE_NAMES_LIMIT) {
    const text = `kind: the video has ${STATE_NAMES_LIMIT} values of state already`;
    throw new OvationError("state_too_large", text, { field: "kind", limit: STATE_NAMES_LIMIT });
  }
  const size = encodeState({ ...EMPTY_STATE, values: changed }).length;
  if (size > STATE_BYTES_LIMIT) {
    const text = `data: the video's state would be ${size} bytes; the limit is ${STATE_BYTES_LIMIT}`;
    throw new OvationError("state_too_large", text, { field: "data", limit: STATE_BYTES_LIMIT });
  }
  return changed;
}

/** Whether this value is stored already, by an earlier attempt with the same event id. */
export function isRepeat(values: StateValues, { name, event, isRemoval }: StatePut): boolean {
  const known = values.get(name);
  if (known === undefined || isRemoval) return false;
  const stored = eventOf(known);
  return stored.id === event.id && contentOf(stored).equals(contentOf(event));
}

function contentOf({ actor, data }: Partial<StateEvent>): Buffer {
  return encodeMsgpack([actor ?? null, data ?? null]);
}
