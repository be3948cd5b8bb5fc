/**
 * Where the console's token comes from: the fragment of its address (`#token=…`), which no server
 * sees; what was pasted in this tab before; or, on a local stack, one of its own, since the gateways
 * there believe any.
 */
import { ownToken } from "../../page/own-actor.ts";

const KEY = "ovation-console-token";

/** @param isLocal whether a local stack serves the console */
export function initialToken(isLocal: boolean): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null && given !== "") {
    // It stays neither in the address bar nor in the history.
    history.replaceState(null, "", `${location.pathname}${location.search}`);
    keepToken(given);
    return given;
  }
  return (
    keptToken() ?? (isLocal ? ownToken("moderator", { scope: "moderate observe" }) : undefined)
  );
}

function keptToken(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param token undefined: none is kept any more */
export function keepToken(token: string | undefined): void {
  try {
    if (token === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // The browser has no storage: the token is gone with the page.
  }
}
