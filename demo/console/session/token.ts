/**
 * Where the console's token comes from: the fragment of its address (`#token=…`), which no server
 * sees; what was pasted in this tab before; or, on a local stack, one of its own, since the gateways
 * there believe any.
 */
import { ownToken } from "../../page/own-actor.ts";
import { KeptToken } from "../../page/token-in-address.ts";

const kept = new KeptToken("ovation-console-token");

/** @param isOpen whether a local stack serves the console whose gateways require no token */
export function initialToken(isOpen: boolean): string | undefined {
  return (
    kept.fromAddress() ??
    (isOpen ? ownToken("moderator", { scope: "moderate observe" }) : undefined)
  );
}

/** @param token undefined: none is kept any more */
export function keepToken(token: string | undefined): void {
  kept.set(token);
}
