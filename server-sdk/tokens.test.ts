import { generateKeyPairSync } from "node:crypto";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { type SigningOptions, type TokenRights, TokenSigner } from "./tokens.ts";

const SECRET = "a secret of the tests, which is long enough";

describe("a signer", () => {
  const pairs = [
    ["RS256", generateKeyPairSync("rsa", { modulusLength: 2_048 })],
    ["ES256", generateKeyPairSync("ec", { namedCurve: "P-256" })],
    ["EdDSA", generateKeyPairSync("ed25519")],
  ] as const;

  test.each(pairs)(
    "signs by %s with a private key in PEM",
    async (alg, { privateKey, publicKey }) => {
      const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      const options = { privateKey: pem, keyId: "k1", issuer: "us", audience: "live" };
      const token = await new TokenSigner(options).viewer("anna", { videos: ["launch"] });
      expect(decodeProtectedHeader(token)).toEqual({ alg, kid: "k1" });
      const { payload } = await jwtVerify(token, publicKey, { issuer: "us", audience: "live" });
      expect(payload).toMatchObject({ sub: "anna", videos: ["launch"], publish: [] });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
    },
  );

  test.each<[string, SigningOptions]>([
    ["secret: ", { secret: "short" }],
    ["privateKey: ", { privateKey: "-----BEGIN PRIVATE KEY-----" }],
    ["privateKey: ", { privateKey: pairs[0][1].publicKey }],
    ["privateKey: ", { privateKey: generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey }],
    ["either secret or privateKey", {}],
    ["either secret or privateKey", { secret: SECRET, privateKey: "x" }],
  ])("refuses a key that no gateway takes, beginning with %j", (beginning, options) => {
    expect(() => new TokenSigner(options)).toThrow(beginning);
  });

  test.each<[string, TokenRights & { readonly actor?: string }]>([
    ["videos: ", { videos: ["a b"] }],
    ["videos: ", { videos: Array.from({ length: 101 }, (_, index) => `v${index}`) }],
    ["publish: ", { videos: ["*"], publish: ["viewers"] }],
    ["scopes: ", { videos: ["*"], scopes: ["moderate observe"] }],
    ["actor: ", { videos: ["*"], actor: "" }],
    ["actor: ", { videos: ["*"], actor: "a\nb" }],
    ["expiresInMs: ", { videos: ["*"], expiresInMs: 0 }],
  ])("refuses rights that no gateway takes, beginning with %j", async (beginning, rights) => {
    const signer = new TokenSigner({ secret: SECRET });
    await expect(signer.sign(rights)).rejects.toThrow(beginning);
  });
});
