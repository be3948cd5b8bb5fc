/**
 * What a token says of itself, to explain what it lacks. The console believes none of it: the
 * gateways decide what it may do.
 */

export interface Claims {
  /** Who it is: the name that the record of moderation has. */
  readonly actor: string | undefined;
  readonly videos: readonly string[];
  readonly scopes: readonly string[];
}

const NONE: Claims = { actor: undefined, videos: [], scopes: [] };

/** What a JSON Web Token says; nothing for an API key, or for what is no token. */
export function claimsOf(token: string): Claims {
  const [, payload] = token.split(".");
  if (payload === undefined) return NONE;
  try {
    const base64 = payload.replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0);
    const { sub, videos, scope } = JSON.parse(new TextDecoder().decode(bytes)) as Record<
      string,
      unknown
    >;
    return {
      actor: typeof sub === "string" ? sub : undefined,
      videos: Array.isArray(videos) ? videos.filter((one) => typeof one === "string") : [],
      scopes: typeof scope === "string" ? scope.split(" ").filter((one) => one !== "") : [],
    };
  } catch {
    return NONE;
  }
}

/** In words, what a token that a gateway has refused with `forbidden` lacks. */
export function whatIsMissing({ actor, videos, scopes }: Claims): string {
  const whose = actor === undefined ? "This token" : `The token of ${actor}`;
  const moderates = scopes.filter((scope) => scope.split("@")[0] === "moderate");
  if (moderates.length === 0) {
    const has = scopes.length === 0 ? "it has no scope at all" : `it has ${scopes.join(", ")}`;
    return `${whose} lacks the scope “moderate”: ${has}.`;
  }
  const covered = videos.length === 0 ? "no video" : videos.join(", ");
  return `${whose} covers ${covered}, but has ${moderates.join(", ")}: it may moderate none of them.`;
}
