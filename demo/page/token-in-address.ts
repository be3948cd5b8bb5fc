/** A token in the fragment of the address (`#token=…`), which no server sees. */

/** The token; it is removed from the address bar and from the history. Undefined where there is none. */
function tokenInAddress(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null || given === "") return undefined;
  history.replaceState(null, "", `${location.pathname}${location.search}`);
  return given;
}

/** A token that stays in this tab under a name: it is there again after a reload. */
export class KeptToken {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  get(): string | undefined {
    try {
      return sessionStorage.getItem(this.#key) ?? undefined;
    } catch {
      return undefined;
    }
  }

  /** @param token undefined: none is kept any more */
  set(token: string | undefined): void {
    try {
      if (token === undefined) sessionStorage.removeItem(this.#key);
      else sessionStorage.setItem(this.#key, token);
    } catch {
      // The browser has no storage: the token is gone with the page.
    }
  }

  /** The one in the address, which is kept from now on, or the one that is kept. */
  fromAddress(): string | undefined {
    const given = tokenInAddress();
    if (given !== undefined) this.set(given);
    return given ?? this.get();
  }
}
