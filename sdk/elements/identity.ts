/** Who the viewer is, and what it may do, by its own token. The gateways decide; this is what to offer. */

/** What a token says. */
export interface Claims {
  /** The actor of all that it publishes. */
  readonly actor: string | undefined;
  /** Whether it may publish a kind on a video; true where nobody knows. */
  mayPublish(kind: string, video: string): boolean;
  /** Whether it may moderate a video. */
  moderates(video: string): boolean;
}

/** Without a token, or with one that can't be read. */
export const UNKNOWN: Claims = {
  actor: undefined,
  mayPublish: () => true,
  moderates: () => false,
};

/** Whether an entry of a claim, such as `comment@team-*`, covers a word on a video. */
function covers(entry: unknown, word: string, video: string): boolean {
  const [name, of = "*"] = String(entry).split("@");
  const isOfVideo = of.endsWith("*") ? video.startsWith(of.slice(0, -1)) : of === video;
  return (name === word || name === "*") && isOfVideo;
}

/** What a JSON Web Token says (RFC 7519). */
export function claimsOf(token: string): Claims {
  try {
    const base64 = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const { sub, publish, scope } = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<
      Record<string, unknown>
    >;
    return {
      actor: typeof sub === "string" ? sub : undefined,
      mayPublish: (kind, video) =>
        // An open gateway asks no token for it.
        token.endsWith(".") || [publish].flat().some((entry) => covers(entry, kind, video)),
      moderates: (video) =>
        String(scope ?? "")
          .split(" ")
          .some((entry) => covers(entry, "moderate", video)),
    };
  } catch {
    return UNKNOWN;
  }
}

const GUEST = "ovation-guest";
/** How actors of guests begin. */
export const GUEST_PREFIX = "guest-";

/** The same actor whenever this browser comes, where it keeps what it is told. */
function guestActor(): string {
  const made = `${GUEST_PREFIX}${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
  try {
    localStorage[GUEST] ??= made;
    return String(localStorage[GUEST]);
  } catch {
    return made;
  }
}

/** An unsecured token (RFC 7519 section 6), which only open gateways believe. */
export function guestToken(): string {
  const part = (value: object) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  return `${part({ alg: "none" })}.${part({ sub: guestActor() })}.`;
}
