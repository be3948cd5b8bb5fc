/** How errors name a field in a request: `data.list[3].text`. */

/** The keys are the client's own; an answer need not echo a long one. */
const LENGTH_LIMIT = 200;

/**
 * @param prefix name of the value that the path starts in; empty for the request itself
 * @returns the name, truncated when it is very long
 */
export function fieldOf(prefix: string, path: readonly PropertyKey[]): string {
  let field = prefix;
  for (const part of path) {
    if (typeof part === "number") field += `[${part}]`;
    else field += field === "" ? String(part) : `.${String(part)}`;
  }
  // Half a surrogate pair at the cut has no UTF-8.
  return field.slice(0, LENGTH_LIMIT).replace(/\p{Surrogate}$/u, "");
}
