/**
 * Who this browser is. Votes and acts of moderators need an actor, which comes from a token. The
 * gateways of `npm start` are open: they believe any token. Elsewhere, an application fetches one from
 * its backend, signed.
 */

const BYTES = { viewer: 12, moderator: 3 } as const;
export type OwnRole = keyof typeof BYTES;

/** A moderator's name is read by other moderators: it is short. */
function randomActor(role: OwnRole): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES[role]));
  return `${role}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function ownActor(role: OwnRole): string {
  const key = `ovation-${role}`;
  const made = randomActor(role);
  try {
    const known = localStorage.getItem(key);
    if (known !== null) return known;
    localStorage.setItem(key, made);
  } catch {
    // The browser has no storage: it is somebody else each time.
  }
  return made;
}

/**
 * An unsecured JSON Web Token (RFC 7519 section 6).
 * @param claims what it says besides `sub`
 */
export function ownToken(role: OwnRole, claims: object = {}): string {
  const part = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${part({ alg: "none" })}.${part({ ...claims, sub: ownActor(role) })}.`;
}
