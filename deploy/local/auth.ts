/** Who may do what in a stack with tokens: its secret, and the tokens that the banner prints. */
import { randomBytes } from "node:crypto";
import { TokenSigner } from "../../server-sdk/index.ts";

/** A day: long enough to try things out. */
const TOKEN_MS = 86_400_000;
/** The simulated audience needs its token for as long as the stack runs. */
const INTERNAL_TOKEN_MS = 365 * TOKEN_MS;
const SECRET_BYTES = 32;

type Env = Readonly<Record<string, string | undefined>>;

/** The tokens of a stack. */
export interface StackTokens {
  readonly viewer: string;
  readonly backend: string;
  readonly moderator: string;
}

/** What a stack with tokens runs with. */
export interface StackAuth {
  /** What gateways verify tokens with. */
  readonly secret: string;
  readonly tokens: StackTokens;
  /** For the stack's own use. */
  readonly internalToken: string;
}

/**
 * @param env whose secret, issuer and audience are used, where it has them
 * @throws TypeError for a secret that is too short
 */
export async function stackAuth(env: Env): Promise<StackAuth> {
  const secret = env["OVATION_AUTH_SECRET"] || randomBytes(SECRET_BYTES).toString("base64url");
  const signer = new TokenSigner({
    secret,
    issuer: env["OVATION_AUTH_ISSUER"] || undefined,
    audience: env["OVATION_AUTH_AUDIENCE"] || undefined,
  });
  const life = { expiresInMs: TOKEN_MS };
  const [viewer, backend, moderator, internalToken] = await Promise.all([
    signer.viewer("anna", { videos: ["*"], publish: ["*"], ...life }),
    signer.backend(life),
    signer.moderator("mo", life),
    signer.backend({ expiresInMs: INTERNAL_TOKEN_MS }),
  ]);
  return { secret, tokens: { viewer, backend, moderator }, internalToken };
}
