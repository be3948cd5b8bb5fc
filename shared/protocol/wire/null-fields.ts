/**
 * Encoders of many languages write null for what is absent. So null stands for absent in every field
 * of a request but `data`, where it is a value like any other.
 */

/** @param fields a decoded request or event; changed in place, since it is nobody else's */
export function dropNulls(fields: Record<string, unknown>): void {
  for (const name in fields) {
    if (fields[name] === null && name !== "data") fields[name] = undefined;
  }
}
