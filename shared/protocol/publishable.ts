/**
 * What may be published: one check for gateways, dispatchers and the SDK, which runs it before it
 * sends. This file also runs in a browser.
 */
import { isBuiltIn, KIND_PATTERN } from "./kinds.ts";

/** Why an event is refused. */
export interface EventRefusal {
  readonly code: "kind_reserved" | "kind_unknown" | "data_too_large";
  readonly message: string;
  readonly field: string;
  readonly limit?: number;
}

/**
 * @param kinds the kinds that may be published; undefined while they are not known
 * @param at prefix of the field in an error, such as `events[3].`
 */
export function kindRefusal(
  kind: string,
  kinds: readonly string[] | undefined,
  at = "",
): EventRefusal | undefined {
  if (kinds?.includes(kind)) return undefined;
  const field = `${at}kind`;
  if (isBuiltIn(kind)) {
    return { code: "kind_reserved", message: `${field}: ${kind} is built in`, field };
  }
  if (kinds === undefined && KIND_PATTERN.test(kind)) return undefined;
  const known = kinds === undefined ? "" : ` (${kinds.join(", ")})`;
  return {
    code: "kind_unknown",
    message: `${field}: not one of the configured kinds${known}`,
    field,
  };
}

/**
 * @param bytes size of the data as msgpack in its shortest form
 * @param limit undefined while it is not known
 */
export function dataRefusal(
  bytes: number,
  limit: number | undefined,
  at = "",
): EventRefusal | undefined {
  if (limit === undefined || bytes <= limit) return undefined;
  const field = `${at}data`;
  const message = `${field} is ${bytes} bytes as msgpack; the limit is ${limit}`;
  return { code: "data_too_large", message, field, limit };
}
