/**
 * A nats-server with an operator, and one user's credentials, with just the NATS JWTs that this
 * needs (https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt).
 */
import { nkeys } from "nats";

type KeyPair = ReturnType<typeof nkeys.createUser>;

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function signed(issuer: KeyPair, subject: KeyPair, type: string, claims: object = {}): string {
  const head = part({ typ: "JWT", alg: "ed25519-nkey" });
  const body = part({
    jti: subject.getPublicKey(),
    iat: Math.floor(Date.now() / 1_000),
    iss: issuer.getPublicKey(),
    name: type,
    sub: subject.getPublicKey(),
    nats: { ...claims, type, version: 2 },
  });
  const signature = issuer.sign(Buffer.from(`${head}.${body}`));
  return `${head}.${body}.${Buffer.from(signature).toString("base64url")}`;
}

/** No limits: an account without this block may have no connection. */
const UNLIMITED = {
  subs: -1,
  conn: -1,
  leaf: -1,
  imports: -1,
  exports: -1,
  data: -1,
  payload: -1,
  wildcards: true,
};

/** @returns the server's configuration, and a credentials file that it accepts */
export function jwtServer(): { readonly config: string; readonly creds: string } {
  const operator = nkeys.createOperator();
  const account = nkeys.createAccount();
  const system = nkeys.createAccount();
  const user = nkeys.createUser();
  const accountJwt = signed(operator, account, "account", { limits: UNLIMITED });
  const userJwt = signed(account, user, "user", { subs: -1, data: -1, payload: -1 });
  const config = [
    `operator: ${signed(operator, operator, "operator")}`,
    "resolver: MEMORY",
    `system_account: ${system.getPublicKey()}`,
    "resolver_preload: {",
    `  ${account.getPublicKey()}: ${accountJwt}`,
    `  ${system.getPublicKey()}: ${signed(operator, system, "account", { limits: UNLIMITED })}`,
    "}",
  ].join("\n");
  const block = (title: string, text: string) =>
    `-----BEGIN ${title}-----\n${text}\n------END ${title}------\n`;
  const seed = Buffer.from(user.getSeed()).toString();
  return { config, creds: block("NATS USER JWT", userJwt) + block("USER NKEY SEED", seed) };
}
