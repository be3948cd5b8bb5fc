/** A setting that names a service by its URL. */
import { reader, type Setting, setting } from "./setting.ts";

/**
 * The URL of somebody who is trusted: nobody may answer in its place, so plain HTTP is accepted only
 * on this machine.
 */
export function secureUrl(doc: string): Setting<string | undefined> {
  const isSound = (text: string): boolean => {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname, username, password } = new URL(text);
    const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
    const isSafe = protocol === "https:" || (protocol === "http:" && isLocal);
    return isSafe && username === "" && password === "";
  };
  return setting<string | undefined>({
    schema: reader((text, fault) =>
      isSound(text)
        ? text
        : fault("must be an https URL without user and password (http on this machine only)"),
    ),
    default: undefined,
    defaultText: undefined,
    allowed: "https URL",
    doc,
    // What follows a `?` may be a secret.
    loggable: (url) => url?.replace(/\?.*$/s, "?…"),
  });
}
