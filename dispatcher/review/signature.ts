/**
 * Signatures of requests to reviewers, as Standard Webhooks has them, so that its libraries verify
 * them: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac, createSecretKey, type KeyObject, randomUUID } from "node:crypto";

export type SigningKey = KeyObject;

const PREFIX = "whsec_";
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
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  if (lines.length < 1 || lines.length > KEYS_LIMIT) {
    throw new Error(`must hold 1 to ${KEYS_LIMIT} secrets, one a line, but holds ${lines.length}`);
  }
  return lines.map((line, index) => {
    const encoded = line.startsWith(PREFIX) ? line.slice(PREFIX.length) : "";
    const key = Buffer.from(encoded, "base64");
    if (BASE64.test(encoded) && key.length >= KEY_MIN_BYTES && key.length <= KEY_MAX_BYTES) {
      return createSecretKey(key);
    }
    const what = `${PREFIX} and the base64 of ${KEY_MIN_BYTES} to ${KEY_MAX_BYTES} bytes`;
    throw new Error(`line ${index + 1} must be ${what}`);
  });
}

/** The headers that sign a request now, with every key; none without keys. */
export function signedHeaders(
  keys: readonly SigningKey[],
  body: Uint8Array,
): Readonly<Record<string, string>> {
  if (keys.length === 0) return {};
  const id = `msg_${randomUUID()}`;
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signatures = keys.map((key) => {
    const hmac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body);
    return `v1,${hmac.digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
