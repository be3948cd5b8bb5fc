/** How the commands that use a gateway end. */
import { EXIT_SETTINGS } from "../../shared/config/process-settings.ts";
import { errorKinds, isErrorCode } from "../../shared/protocol/errors.ts";

export const EXIT = {
  done: 0,
  refused: 1,
  usage: EXIT_SETTINGS,
  unreachable: 3,
  notAllowed: 4,
} as const;

/** What each of them means, for `--help`. */
export const EXIT_TEXTS = [
  [EXIT.done, "done"],
  [EXIT.refused, "the gateway refused it: a repeat would fail again"],
  [EXIT.usage, "a flag or an argument is wrong; nothing was sent"],
  [EXIT.unreachable, "no gateway answers there, or it can't do that at the moment: try again"],
  [EXIT.notAllowed, "the token or API key is missing, refused or not enough"],
] as const;

/** Codes of the clients for an address where no gateway answers. */
const NO_GATEWAY = ["unreachable", "wrong_address", "captive_portal", "websocket_blocked"];

/** `login_refused` is NATS's. */
const NOT_ALLOWED = ["forbidden", "login_refused"];

/** @param code of a gateway, of ovation-server or of the SDK */
export function exitCodeOf(code: string): number {
  if (code.startsWith("token_") || NOT_ALLOWED.includes(code)) return EXIT.notAllowed;
  if (NO_GATEWAY.includes(code)) return EXIT.unreachable;
  const mayTryAgain = isErrorCode(code) && errorKinds[code].retry !== "no";
  return mayTryAgain ? EXIT.unreachable : EXIT.refused;
}
