/**
 * Encoders of many languages write null for an absent field. So null counts as absent in every
 * field of a request except `data`, where it is a value like any other.
 */

/** @param fields a decoded request or event; modified in place, since only the caller has it */
export function dropNulls(fields: Record<string, unknown>): void {
  for (const name in fields) {
    if (fields[name] === null && name !== "data") fields[name] = undefined;
  }
}
