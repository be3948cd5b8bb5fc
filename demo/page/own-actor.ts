/**
 * Who this browser is. Votes need an actor, which comes from a token. The gateways of `npm start` are
 * open: they believe any token. Elsewhere, an application fetches one from its backend, signed.
 */

const KEY = "ovation-actor";

function randomActor(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `viewer-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function ownActor(): string {
  const made = randomActor();
  try {
    const known = localStorage.getItem(KEY);
    if (known !== null) return known;
    localStorage.setItem(KEY, made);
  } catch {
    // The browser has no storage: it is another viewer each time.
  }
  return made;
}

/** An unsecured JSON Web Token (RFC 7519 section 6). */
export function ownToken(): string {
  const part = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${part({ alg: "none" })}.${part({ sub: ownActor() })}.`;
}
