/** Makes the tokens that gateways verify: docs/authentication.md has the claims. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { isKindPattern, isScope } from "../shared/protocol/rights.ts";
import { PATTERNS_LIMIT, VIDEO_GLOB } from "../shared/protocol/video-patterns.ts";

const DEFAULT_LIFE_MS = 600_000;
/** A gateway starts with no shorter one. */
const SECRET_MIN_BYTES = 32;
const ACTOR_LIMIT = 128;
const ALGORITHMS: Readonly<Record<string, string>> = {
  rsa: "RS256",
  ec: "ES256",
  ed25519: "EdDSA",
};

/**
 * What tokens are signed with: either the secret that the gateways have as `OVATION_AUTH_SECRET`, or a
 * private key (RSA, P-256 or Ed25519) whose public key they have.
 *
 * @example
 * const key: SigningOptions = { secret: "a secret of at least 32 bytes, from your vault" };
 */
export interface SigningOptions {
  readonly secret?: string | Uint8Array | undefined;
  /** In PEM, or as Node has it. */
  readonly privateKey?: string | KeyObject | undefined;
  /** Names the key, where gateways get their keys from a URL. */
  readonly keyId?: string | undefined;
  /** Where the gateways require it by `--auth-issuer`. */
  readonly issuer?: string | undefined;
  /** Where the gateways require it by `--auth-audience`. */
  readonly audience?: string | undefined;
}

/**
 * What the holder of a token may do.
 *
 * @example
 * const rights: TokenRights = { videos: ["launch", "team-*"], publish: ["like", "comment@launch"] };
 */
export interface TokenRights {
  /** Up to 100 ids, or prefixes with `*`; `*` alone is every video. */
  readonly videos: readonly string[];
  /** Kinds that may be published, perhaps on some videos only, or `*`. Default: none. */
  readonly publish?: readonly string[] | undefined;
  /** `moderate` (also `moderate@launch`), `any-actor`, `trusted`, `observe`. Default: none. */
  readonly scopes?: readonly string[] | undefined;
  /** How long it lives. Default: 600,000, which is ten minutes: a token can't be revoked. */
  readonly expiresInMs?: number | undefined;
}

/**
 * Makes tokens. Keep it where your users are authenticated: who has the secret may do everything.
 *
 * @example
 * const signer = new TokenSigner({ secret: "a secret of at least 32 bytes, from your vault" });
 * const token = await signer.viewer("anna", { videos: ["launch"], publish: ["like", "comment"] });
 */
export class TokenSigner {
  readonly #key: KeyObject | Uint8Array;
  readonly #algorithm: string;
  readonly #options: SigningOptions;

  /** @throws TypeError that names an option that can't be used, and never holds the key */
  constructor(options: SigningOptions) {
    const { secret, privateKey } = options;
    if ((secret === undefined) === (privateKey === undefined)) {
      throw new TypeError("either secret or privateKey is expected");
    }
    this.#options = options;
    this.#key = secret === undefined ? keyOf(privateKey ?? "") : Buffer.from(secret);
    if (this.#key instanceof Uint8Array) {
      if (this.#key.length < SECRET_MIN_BYTES) {
        throw new TypeError(`secret: at least ${SECRET_MIN_BYTES} bytes are expected`);
      }
      this.#algorithm = "HS256";
    } else this.#algorithm = algorithmOf(this.#key);
  }

  /**
   * A viewer's token.
   *
   * @example
   * const token = await signer.viewer("anna", { videos: ["launch"], publish: ["like", "comment"] });
   */
  async viewer(actor: string, rights: TokenRights): Promise<string> {
    return await this.sign({ ...rights, actor });
  }

  /**
   * A moderator's token, of all videos unless `videos` says otherwise. It has the scopes `moderate` and
   * `observe`, may publish everything, and is what the console for moderators needs.
   *
   * @example
   * const token = await signer.moderator("mo", { videos: ["team-*"], expiresInMs: 3_600_000 });
   */
  async moderator(actor: string, rights: Partial<TokenRights> = {}): Promise<string> {
    const defaults = { videos: ["*"], publish: ["*"], scopes: ["moderate", "observe"] };
    return await this.sign({ ...defaults, ...rights, actor });
  }

  /**
   * A backend's token: it may publish everything for anyone, and moderate, on every video, unless the
   * rights say otherwise.
   *
   * @example
   * const ours = new Ovation({ url: "https://live.example.com", token: () => signer.backend() });
   */
  async backend(rights: Partial<TokenRights> = {}): Promise<string> {
    const defaults = { videos: ["*"], publish: ["*"], scopes: ["any-actor", "moderate"] };
    return await this.sign({ ...defaults, ...rights });
  }

  /**
   * Any token.
   * @throws TypeError or RangeError that names what no gateway would accept
   *
   * @example
   * const observer = await signer.sign({ videos: ["*"], scopes: ["observe"], expiresInMs: 60_000 });
   */
  async sign(rights: TokenRights & { readonly actor?: string | undefined }): Promise<string> {
    const { actor, videos, publish = [], scopes = [], expiresInMs = DEFAULT_LIFE_MS } = rights;
    check("videos", videos, (text) => VIDEO_GLOB.test(text), PATTERNS_LIMIT);
    check("publish", publish, isKindPattern, 64);
    check("scopes", scopes, isScope, PATTERNS_LIMIT);
    checkActor(actor);
    if (!Number.isFinite(expiresInMs) || expiresInMs <= 0) {
      throw new RangeError("expiresInMs: a number above 0 is expected");
    }
    const claims = { videos, publish, ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }) };
    const { keyId, issuer, audience } = this.#options;
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const token = new SignJWT(claims)
      .setProtectedHeader({ alg: this.#algorithm, ...(keyId === undefined ? {} : { kid: keyId }) })
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + Math.ceil(expiresInMs / 1_000));
    if (actor !== undefined) token.setSubject(actor);
    if (issuer !== undefined) token.setIssuer(issuer);
    if (audience !== undefined) token.setAudience(audience);
    return await token.sign(this.#key);
  }
}

function keyOf(privateKey: string | KeyObject): KeyObject {
  if (typeof privateKey !== "string") return privateKey;
  try {
    return createPrivateKey(privateKey);
  } catch {
    throw new TypeError("privateKey: a private key in PEM is expected");
  }
}

function algorithmOf(key: KeyObject): string {
  const algorithm = ALGORITHMS[key.asymmetricKeyType ?? ""];
  const isKnownCurve = [undefined, "prime256v1"].includes(key.asymmetricKeyDetails?.namedCurve);
  if (key.type === "private" && algorithm !== undefined && isKnownCurve) return algorithm;
  throw new TypeError("privateKey: a private key of RSA, P-256 or Ed25519 is expected");
}

function check(
  name: string,
  texts: readonly string[],
  isSound: (text: string) => boolean,
  most: number,
): void {
  const wrong = texts.find((text) => !isSound(text));
  if (wrong !== undefined) throw new TypeError(`${name}: "${wrong}" can't be one of them`);
  if (texts.length > most) throw new RangeError(`${name}: at most ${most} are expected`);
}

function checkActor(actor: string | undefined): void {
  if (actor === undefined || (/^[^\p{Cc}\p{Cs}]+$/u.test(actor) && actor.length <= ACTOR_LIMIT)) {
    return;
  }
  const expected = `1 to ${ACTOR_LIMIT} characters, none of them a control character, are expected`;
  throw new TypeError(`actor: ${expected}`);
}
