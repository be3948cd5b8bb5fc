/** A gateway's settings for tokens and API keys, and how they may be combined. */
import { secureUrl } from "./secure-url.ts";
import {
  boolean,
  type ConfigOf,
  integer,
  optionalText,
  quoted,
  reader,
  type Setting,
  type SettingGroup,
  setting,
  settingNames,
} from "./setting.ts";

export type AuthAlgorithm = "HS256" | "RS256" | "ES256" | "EdDSA";
const ALGORITHMS: readonly AuthAlgorithm[] = ["HS256", "RS256", "ES256", "EdDSA"];
/** RFC 7518 section 3.2: a key at least as long as the hash. */
const SECRET_MIN_BYTES = 32;
const FILES_LIMIT = 10;

function words(list: string): string[] {
  return list.split(",").map((entry) => entry.trim());
}

/** Empty stands for the algorithms of the given keys. */
function algorithmList(doc: string): Setting<readonly AuthAlgorithm[]> {
  const allowed = ALGORITHMS.join(", ");
  return setting<readonly AuthAlgorithm[]>({
    schema: reader((list, fault) =>
      words(list).flatMap((word) => {
        const found = ALGORITHMS.find((one) => one === word);
        if (found === undefined) fault(`must hold only ${allowed}, but holds ${quoted(word)}`);
        return found ?? [];
      }),
    ),
    default: [],
    defaultText: undefined,
    allowed: `comma-separated, out of ${allowed}`,
    doc,
  });
}

function fileList(doc: string): Setting<readonly string[]> {
  return setting<readonly string[]>({
    schema: reader((list, fault) => {
      const files = words(list);
      if (files.includes("")) fault("must hold no empty path");
      if (files.length > FILES_LIMIT) fault(`must hold at most ${FILES_LIMIT} paths`);
      return files;
    }),
    default: [],
    defaultText: undefined,
    allowed: `comma-separated paths, at most ${FILES_LIMIT}`,
    doc,
  });
}

function secret(doc: string): Setting<string | undefined> {
  return setting<string | undefined>({
    schema: reader((text, fault) =>
      Buffer.byteLength(text) >= SECRET_MIN_BYTES
        ? text
        : fault(`must be at least ${SECRET_MIN_BYTES} bytes`),
    ),
    default: undefined,
    defaultText: undefined,
    allowed: `text of at least ${SECRET_MIN_BYTES} bytes`,
    doc,
    secret: true,
  });
}

export const authSettings = {
  open: boolean({
    default: false,
    doc: "Checks no tokens: everyone who reaches the gateway may watch, publish and delete events. Without a key, a gateway starts only with this.",
  }),
  authSecret: secret(
    "The secret that tokens are signed with by HS256. Set it in the environment: every user of the machine can read flags.",
  ),
  authSecondSecret: secret(
    "Another secret that tokens may be signed with, while `auth-secret` is replaced: `docs/operations.md` has the steps.",
  ),
  authPublicKeyFiles: fileList(
    "Files with public keys for tokens, in PEM: RSA for RS256, P-256 for ES256, Ed25519 for EdDSA. They are read at the start; a token may be signed by any of them.",
  ),
  // Whoever can answer in place of this URL can issue tokens.
  authJwksUrl: secureUrl(
    "The URL of a JSON Web Key Set with public keys for tokens. It is fetched every 10 minutes, and when a token names an unknown key.",
  ),
  authJwksCooldownMs: integer({
    min: 100,
    max: 600_000,
    default: 5_000,
    unit: "ms",
    doc: "The shortest time between two fetches of the key set that tokens with an unknown key cause.",
  }),
  authJwksStaleMs: integer({
    min: 0,
    max: 604_800_000,
    default: 3_600_000,
    unit: "ms",
    doc: "How long the URL's keys stay valid after the last successful fetch, while it can't be reached.",
  }),
  authAlgorithms: algorithmList(
    "The only algorithms that are accepted. When unset, those of the given keys; with a JWKS URL, RS256, ES256 and EdDSA.",
  ),
  authAudience: optionalText({ doc: "When set, the audience (`aud`) that a token must have." }),
  authIssuer: optionalText({ doc: "When set, the issuer (`iss`) that a token must have." }),
  authLeewayMs: integer({
    min: 0,
    max: 60_000,
    default: 5_000,
    unit: "ms",
    doc: "How far the token issuer's clock may differ from the gateway's.",
  }),
  authRefreshGraceMs: integer({
    min: 100,
    max: 300_000,
    default: 10_000,
    unit: "ms",
    doc: "How long a connection whose token has expired may take to send a new one.",
  }),
  authTicketMs: integer({
    min: 1000,
    max: 60_000,
    default: 30_000,
    unit: "ms",
    doc: "How long a ticket is valid; must be the same for all gateways.",
  }),
  authApiKeysFile: optionalText({
    doc: "A JSON file with the SHA-256 hashes of backends' API keys, and what each may do. It is read again when it changes; a broken one changes nothing.",
  }),
} as const satisfies SettingGroup;

export type AuthConfig = ConfigOf<typeof authSettings>;

/** The algorithms that are accepted. */
export function algorithmsOf(config: AuthConfig): readonly AuthAlgorithm[] {
  if (config.authAlgorithms.length > 0) return config.authAlgorithms;
  const hasPublic = config.authPublicKeyFiles.length > 0 || config.authJwksUrl !== undefined;
  return ALGORITHMS.filter((one) =>
    one === "HS256" ? config.authSecret !== undefined : hasPublic,
  );
}

/** The settings of which one is required where tokens are checked. */
export const AUTH_KEYS = [
  "authSecret",
  "authPublicKeyFiles",
  "authJwksUrl",
  "authApiKeysFile",
] as const;

/**
 * What is wrong with these settings together.
 * @param values by key, without settings that are invalid by themselves
 */
export function authFaults(values: Readonly<Record<string, unknown>>): readonly string[] {
  const flag = (key: string) => settingNames(key).flag;
  const isSet = (key: keyof AuthConfig): boolean => {
    const value = values[key];
    if (!(key in values)) return true;
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  };
  const given = AUTH_KEYS.filter(isSet);
  const faults: string[] = [];
  if (given.length === 0 && !isSet("open")) {
    faults.push(
      `one of ${AUTH_KEYS.map(flag).join(", ")} is required, or --open, with which anyone may publish`,
    );
  }
  if (given.length > 0 && isSet("open")) {
    faults.push(
      `--open checks no tokens, and can't be set together with ${given.map(flag).join(", ")}`,
    );
  }
  if (values["authSecondSecret"] !== undefined && !isSet("authSecret")) {
    faults.push("--auth-second-secret can't be set without --auth-secret");
  }
  const algorithms = (values["authAlgorithms"] ?? []) as readonly AuthAlgorithm[];
  const hasPublic = isSet("authPublicKeyFiles") || isSet("authJwksUrl");
  if (algorithms.includes("HS256") && !isSet("authSecret")) {
    faults.push("--auth-algorithms has HS256, for which --auth-secret is required");
  }
  if (algorithms.some((one) => one !== "HS256") && !hasPublic) {
    faults.push(
      `--auth-algorithms has ${algorithms.filter((one) => one !== "HS256").join(", ")}, for which --auth-public-key-files or --auth-jwks-url is required`,
    );
  }
  if (algorithms.length > 0 && isSet("authSecret") && !algorithms.includes("HS256")) {
    faults.push("--auth-secret is for HS256, which --auth-algorithms does not have");
  }
  return faults;
}
