/**
 * Signatures of HTTP requests, as Standard Webhooks has them, so that its libraries verify them:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import {
  createHmac,
  createSecretKey,
  type KeyObject,
  randomUUID,
  timingSafeEqual,
} from "node:crypto";

export type SigningKey = KeyObject;

/** The names of the headers. */
export const WEBHOOK_HEADERS = {
  id: "webhook-id",
  timestamp: "webhook-timestamp",
  signature: "webhook-signature",
} as const;

const PREFIX = "whsec_";
const VERSION = "v1,";
/** As the specification recommends. */
const KEY_MIN_BYTES = 24;
const KEY_MAX_BYTES = 64;
/** One that is current, and one that comes or goes. */
const KEYS_LIMIT = 2;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The keys in the text of a file: one secret a line.
 * @throws Error that says what is wrong, and holds nothing of the text
 */
export function parseSigningKeys(text: string): readonly SigningKey[] {
  return signingKeys(
    text.split(/\r?\n/).filter((line) => line !== ""),
    "line",
  );
}

/**
 * The keys of these secrets.
 * @param unit what one of them is called in an error
 * @throws Error that says what is wrong, and holds nothing of the secrets
 */
export function signingKeys(secrets: readonly string[], unit = "secret"): readonly SigningKey[] {
  if (secrets.length < 1 || secrets.length > KEYS_LIMIT) {
    const count = `1 to ${KEYS_LIMIT} secrets${unit === "line" ? ", one a line" : ""}`;
    throw new Error(`must hold ${count}, but holds ${secrets.length}`);
  }
  return secrets.map((secret, index) => {
    const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : "";
    const key = Buffer.from(encoded, "base64");
    if (BASE64.test(encoded) && key.length >= KEY_MIN_BYTES && key.length <= KEY_MAX_BYTES) {
      return createSecretKey(key);
    }
    const what = `${PREFIX} and the base64 of ${KEY_MIN_BYTES} to ${KEY_MAX_BYTES} bytes`;
    throw new Error(`${unit} ${index + 1} must be ${what}`);
  });
}

/** What a signature is of, besides the body. */
export interface SignedMessage {
  readonly id: string;
  /** In seconds since 1970, as it is written in the header. */
  readonly timestamp: string;
}

function signatureOf(key: SigningKey, { id, timestamp }: SignedMessage, body: Uint8Array): Buffer {
  return createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
}

/**
 * The headers that sign a request now, with every key; none without keys.
 * @param id the message's, the same in each attempt to deliver it
 */
export function signedHeaders(
  keys: readonly SigningKey[],
  body: Uint8Array,
  id = `msg_${randomUUID()}`,
): Readonly<Record<string, string>> {
  if (keys.length === 0) return {};
  const message = {
    id,
    timestamp: String(Math.floor(Date.now() / 1_000)),
  };
  const signatures = keys.map(
    (key) => VERSION + signatureOf(key, message, body).toString("base64"),
  );
  return {
    [WEBHOOK_HEADERS.id]: message.id,
    [WEBHOOK_HEADERS.timestamp]: message.timestamp,
    [WEBHOOK_HEADERS.signature]: signatures.join(" "),
  };
}

/**
 * Whether one of the signatures in a header was made with one of the keys. It takes as long whichever
 * byte is wrong.
 * @param header signatures separated by spaces; those of other versions are ignored
 */
export function isSigned(
  keys: readonly SigningKey[],
  message: SignedMessage,
  body: Uint8Array,
  header: string,
): boolean {
  const given = header
    .split(" ")
    .filter((signature) => signature.startsWith(VERSION))
    .map((signature) => Buffer.from(signature.slice(VERSION.length), "base64"));
  return keys.some((key) => {
    const expected = signatureOf(key, message, body);
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
}
