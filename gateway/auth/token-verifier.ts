/** Verifies JSON Web Tokens (RFC 7519, by the rules of RFC 8725) and reads what they grant. */
import type { KeyObject } from "node:crypto";
import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import { z } from "zod";
import type { AuthConfig } from "../../shared/config/auth-settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { actorSchema } from "../../shared/protocol/events.ts";
import { isKindPattern, isScope } from "../../shared/protocol/rights.ts";
import { PATTERNS_LIMIT, VIDEO_GLOB } from "../../shared/protocol/video-patterns.ts";
import { Grant } from "./grant.ts";
import type { Keyring } from "./keyring.ts";
import { KeysUnavailable, type RemoteKeys } from "./remote-keys.ts";

/** The longest token that is checked. */
const TOKEN_LIMIT = 8_192;
const KINDS_LIMIT = 64;
/** The last second of the year 9999: a later time is no time that anybody means. */
const TIME_LIMIT = 253_402_300_799;

/** Seconds since 1970 (RFC 7519 section 2). */
const timeSchema = z.number().min(0).max(TIME_LIMIT);
const TIME_CLAIMS: ReadonlySet<string> = new Set(["exp", "nbf", "iat"]);

const claimsSchema = z.object({
  sub: actorSchema.optional(),
  exp: timeSchema,
  nbf: timeSchema.optional(),
  iat: timeSchema.optional(),
  videos: z.array(z.string().regex(VIDEO_GLOB)).max(PATTERNS_LIMIT),
  publish: z.array(z.string().refine(isKindPattern)).max(KINDS_LIMIT).default([]),
  /** Words separated by spaces; unknown ones are ignored (RFC 8693 section 4.2). */
  scope: z.string().default(""),
});

/** Why a token is refused, with no more detail than its holder needs. */
function refusalOf(error: unknown): OvationError {
  if (error instanceof errors.JWTExpired)
    return new OvationError("token_expired", undefined, { cause: error });
  if (error instanceof KeysUnavailable || error instanceof errors.JWKSTimeout) {
    return new OvationError("keys_unavailable", undefined, { cause: error });
  }
  // The signature is right, so its holder may know what its issuer got wrong.
  if (error instanceof errors.JWTClaimValidationFailed && TIME_CLAIMS.has(error.claim)) {
    return claimRefused(error.claim, error);
  }
  return new OvationError("token_refused", undefined, { cause: error });
}

function claimRefused(claim: string, cause?: unknown): OvationError {
  const text = `the token's claim ${claim} is missing or invalid`;
  return new OvationError("token_refused", text, { field: claim, cause });
}

function grantOf(payload: JWTPayload): Grant {
  const parsed = claimsSchema.safeParse(payload);
  if (!parsed.success) {
    throw claimRefused(String(parsed.error.issues[0]?.path[0] ?? ""));
  }
  const { sub, exp, videos, publish, scope } = parsed.data;
  return new Grant({
    actor: sub,
    videos,
    publish,
    scopes: scope.split(" ").filter(isScope),
    expiresAtMs: exp * 1_000,
  });
}

export class TokenVerifier {
  readonly #keyring: Keyring;
  readonly #remote: RemoteKeys | undefined;
  readonly #options: JWTVerifyOptions;

  constructor(keyring: Keyring, remote: RemoteKeys | undefined, config: AuthConfig) {
    this.#keyring = keyring;
    this.#remote = remote;
    const { authAudience: audience, authIssuer: issuer } = config;
    this.#options = {
      algorithms: [...keyring.algorithms],
      clockTolerance: config.authLeewayMs / 1_000,
      requiredClaims: ["exp"],
      ...(audience === undefined ? {} : { audience }),
      ...(issuer === undefined ? {} : { issuer }),
    };
  }

  /** @throws OvationError `token_refused`, `token_expired` or `keys_unavailable` */
  async verify(token: string): Promise<Grant> {
    let payload: JWTPayload;
    try {
      payload = await this.#payloadOf(token);
    } catch (error) {
      throw refusalOf(error);
    }
    return grantOf(payload);
  }

  async #payloadOf(token: string): Promise<JWTPayload> {
    if (token.length > TOKEN_LIMIT) throw new Error(`it is over ${TOKEN_LIMIT} characters`);
    const { alg } = decodeProtectedHeader(token);
    const algorithm = this.#keyring.algorithms.find((one) => one === alg);
    if (algorithm === undefined) throw new Error("its algorithm is not one of those configured");
    for (const key of this.#keyring.keys.get(algorithm) ?? []) {
      const payload = await this.#verifiedBy(key, token);
      if (payload !== undefined) return payload;
    }
    // `jose` only searches for keys of this algorithm, and never for a secret.
    if (this.#remote === undefined || algorithm === "HS256") throw new Error("no key fits");
    return (await jwtVerify(token, this.#remote.keyOf, this.#options)).payload;
  }

  /** Undefined when this key did not make the signature. */
  async #verifiedBy(key: KeyObject, token: string): Promise<JWTPayload | undefined> {
    try {
      return (await jwtVerify(token, key, this.#options)).payload;
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) return undefined;
      throw error;
    }
  }
}
