/** How errors name a place in a request: `data.list[3].text`. */

/** The keys are the client's own; an answer need not repeat a long one. */
const LENGTH_LIMIT = 200;

/**
 * @param prefix what the value is called that the path begins in; empty for the request itself
 * @returns the name, cut off when it is very long
 */
export function fieldOf(prefix: string, path: readonly PropertyKey[]): string {
  let field = prefix;
  for (const part of path) {
    if (typeof part === "number") field += `[${part}]`;
    else field += field === "" ? String(part) : `.${String(part)}`;
  }
  // Half of a character at the cut has no UTF-8.
  return field.slice(0, LENGTH_LIMIT).replace(/\p{Surrogate}$/u, "");
}
