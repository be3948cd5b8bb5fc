/** Tokens as an application makes them, and keys to sign them. */
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JWTPayload, SignJWT } from "jose";

export const SECRET = "a secret of the tests, which is long enough";

/** A viewer who may watch everything and publish likes and comments. */
export const VIEWER = { sub: "anna", videos: ["*"], publish: ["like", "comment"] } as const;

export interface Signing {
  readonly alg?: string;
  readonly key?: KeyObject | Uint8Array;
  readonly kid?: string;
}

/** A token with these claims; it expires in an hour unless they say otherwise. */
export async function tokenOf(
  claims: { readonly [Claim in keyof JWTPayload]: JWTPayload[Claim] | undefined },
  signing: Signing = {},
): Promise<string> {
  const { alg = "HS256", key = Buffer.from(SECRET), kid } = signing;
  return await new SignJWT({ exp: inSeconds(3_600), ...claims } as JWTPayload)
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .sign(key);
}

/** A hand-made token with any header, signed by `sign`. */
export function handMade(head: object, claims: object, sign: (text: string) => string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part(head)}.${part({ exp: inSeconds(3_600), ...claims })}`;
  return `${text}.${sign(text)}`;
}

/** An HMAC signature with the text of `key` as the secret. */
export function hmac(key: string): (text: string) => string {
  return (text) => createHmac("sha256", key).update(text).digest("base64url");
}

/** The time this many seconds from now, as written in tokens. */
export function inSeconds(seconds: number): number {
  return Date.now() / 1_000 + seconds;
}

export function rsaKeys() {
  return pemOf(generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey);
}

export function ecKeys() {
  return pemOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
}

export function edKeys() {
  return pemOf(generateKeyPairSync("ed25519").privateKey);
}

function pemOf(privateKey: KeyObject) {
  const publicKey = createPublicKey(privateKey);
  return {
    privateKey,
    publicKey,
    pem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** A file with this text, in a folder of its own. */
export function fileWith(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "ovation-auth-")), "file");
  writeFileSync(path, text);
  return path;
}
