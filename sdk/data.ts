/** Checks and encodes an application's `data` before it is sent, by the gateways' rules. */
import { fieldOf } from "../shared/protocol/field-path.ts";
import {
  DATA_DEPTH_LIMIT,
  guardKey,
  guardNumber,
  guardText,
  outOf,
  RefusedValue,
  tooDeep,
} from "../shared/protocol/wire/value-rules.ts";
import { OvationError } from "./error.ts";
import { Writer } from "./wire/msgpack-encode.ts";

/** No deployment can accept more. */
const DATA_LIMIT_BYTES = 262_144;

/** Calls `toJSON` as JSON does, but an invalid date, for which JSON writes null, becomes NaN and is refused. */
function jsonOf(value: unknown, key: string | number): unknown {
  const toJSON: unknown = (value as { readonly toJSON?: unknown } | null | undefined)?.toJSON;
  if (typeof toJSON !== "function") return value;
  const json: unknown = toJSON.call(value, String(key));
  return json === null && value instanceof Date ? Number.NaN : json;
}

/** Writes what JSON would, and refuses what it would lose silently: NaN, a Map, undefined in a list. */
class DataWriter extends Writer {
  readonly #video: string;
  #depth = 0;
  #parent: string | number | undefined;

  constructor(video: string) {
    super();
    this.#video = video;
  }

  override write(given: unknown, key: string | number): void {
    const parent = this.#parent;
    if (typeof key === "string") guardKey(key, parent);
    try {
      const value = jsonOf(given, key);
      if (typeof value === "string") guardText(value);
      else if (typeof value === "number") guardNumber(value);
      else if (value !== null && typeof value !== "boolean") {
        const type = Object.prototype.toString.call(value).slice(8, -1);
        if (type !== "Object" && type !== "Array") throw new RefusedValue(`${type} can't be sent`);
        if (this.#depth === DATA_DEPTH_LIMIT) throw tooDeep();
      }
      this.#depth += 1;
      this.#parent = key;
      super.write(value, key);
      this.#depth -= 1;
      this.#parent = parent;
    } catch (fault) {
      throw outOf(fault, key);
    }
    if (this.length <= DATA_LIMIT_BYTES) return;
    const message = `data has more than ${DATA_LIMIT_BYTES} bytes`;
    const detail = { field: "data", limit: DATA_LIMIT_BYTES, video: this.#video };
    throw new OvationError("data_too_large", message, detail);
  }
}

/**
 * Encodes data as msgpack, converted as JSON would: fields that are undefined are omitted, and
 * `toJSON` is called.
 * @throws OvationError `data_invalid` with the field, or `data_too_large`
 */
export function encodedData(data: unknown, video: string): Uint8Array | undefined {
  if (data === undefined) return undefined;
  const writer = new DataWriter(video);
  try {
    writer.write(data, "data");
  } catch (cause) {
    if (cause instanceof OvationError) throw cause;
    // Other errors come from the application's own functions.
    const isOurs = cause instanceof RefusedValue;
    const { path, message, limit } = isOurs
      ? cause
      : new RefusedValue("it can't be read", ["data"]);
    const field = fieldOf("", path);
    throw new OvationError("data_invalid", `${field}: ${message}`, { field, limit, video, cause });
  }
  return writer.finish();
}
