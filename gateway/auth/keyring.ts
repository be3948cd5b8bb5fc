/**
 * The keys that tokens are verified with, each for its own algorithms: which key is used follows
 * from our settings and never from the token alone, so that a public key is never mistaken for a
 * secret (RFC 8725 section 3.1).
 */
import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  type AuthAlgorithm,
  type AuthConfig,
  algorithmsOf,
} from "../../shared/config/auth-settings.ts";

/** RFC 7518 section 3.3: "A key of size 2048 bits or larger MUST be used". */
const RSA_MIN_BITS = 2_048;

export interface Keyring {
  /** The only algorithms that are accepted. */
  readonly algorithms: readonly AuthAlgorithm[];
  /** Keys by algorithm, all of which are tried. */
  readonly keys: ReadonlyMap<AuthAlgorithm, readonly KeyObject[]>;
}

/** The algorithm of a public key; undefined for a type that we don't accept. */
function algorithmOf(key: KeyObject): AuthAlgorithm | undefined {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
      return modulusLength >= RSA_MIN_BITS ? "RS256" : undefined;
    case "ec":
      return namedCurve === "prime256v1" ? "ES256" : undefined;
    case "ed25519":
      return "EdDSA";
    default:
      return undefined;
  }
}

async function readPublicKey(path: string): Promise<KeyObject> {
  const pem = await readFile(path, "utf8");
  if (pem.includes("PRIVATE KEY"))
    throw new Error("it holds a private key, which no gateway needs");
  return createPublicKey(pem);
}

/**
 * Reads the keys.
 * @throws Error that names the setting and the file
 */
export async function loadKeyring(config: AuthConfig): Promise<Keyring> {
  const algorithms = algorithmsOf(config);
  const keys = new Map<AuthAlgorithm, KeyObject[]>();
  if (config.authSecret !== undefined) {
    const secrets = [config.authSecret, config.authSecondSecret ?? []].flat();
    keys.set(
      "HS256",
      secrets.map((secret) => createSecretKey(Buffer.from(secret, "utf8"))),
    );
  }
  for (const path of config.authPublicKeyFiles) {
    const fault = (what: string, cause?: unknown) =>
      new Error(`--auth-public-key-files: ${path}: ${what}`, { cause });
    const key = await readPublicKey(path).catch((error: unknown) => {
      throw fault(error instanceof Error ? error.message : "it can't be read", error);
    });
    const algorithm = algorithmOf(key);
    if (algorithm === undefined) {
      throw fault(
        `must hold an RSA key of at least ${RSA_MIN_BITS} bits, a P-256 or an Ed25519 key`,
      );
    }
    if (!algorithms.includes(algorithm)) {
      throw fault(`is a key for ${algorithm}, which --auth-algorithms does not have`);
    }
    keys.set(algorithm, [...(keys.get(algorithm) ?? []), key]);
  }
  return { algorithms, keys };
}
