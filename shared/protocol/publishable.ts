/**
 * What may be published: one check for gateways and dispatchers, and for the SDK, which runs it
 * before it sends. This file also runs in a browser.
 */
import { isBuiltIn, KIND_PATTERN, type Kind } from "./kinds.ts";
import { VARIANT_BYTES_LIMIT } from "./variants.ts";

/** Why an event is refused. */
export interface EventRefusal {
  readonly code:
    | "kind_reserved"
    | "kind_unknown"
    | "data_too_large"
    | "variant_invalid"
    | "variant_unknown";
  readonly message: string;
  readonly field: string;
  readonly limit?: number;
}

/**
 * @param kinds the kinds that may be published
 * @param at prefix of the field in an error, such as `events[3].`
 */
export function kindRefusal(
  kind: string,
  kinds: readonly string[],
  at = "",
): EventRefusal | undefined {
  return kinds.includes(kind)
    ? undefined
    : unknownKind(kind, `${at}kind`, ` (${kinds.join(", ")})`);
}

/** The same where the kinds are not known, as in a client: kinds may be added at any time. */
export function namelessKindRefusal(kind: string): EventRefusal | undefined {
  return KIND_PATTERN.test(kind) && !isBuiltIn(kind) ? undefined : unknownKind(kind, "kind", "");
}

function unknownKind(kind: string, field: string, known: string): EventRefusal {
  return isBuiltIn(kind)
    ? { code: "kind_reserved", message: `${field}: ${kind} is built in`, field }
    : {
        code: "kind_unknown",
        message: `${field}: not one of the configured kinds${known}`,
        field,
      };
}

/**
 * @param bytes size of the data as msgpack in its shortest form
 * @param limit undefined while it is not known
 */
export function dataRefusal(
  bytes: number,
  limit: number | undefined,
  at = "",
): EventRefusal | undefined {
  if (limit === undefined || bytes <= limit) return undefined;
  const field = `${at}data`;
  const message = `${field} is ${bytes} bytes as msgpack; the limit is ${limit}`;
  return { code: "data_too_large", message, field, limit };
}

/** The variant in the data of an event; undefined when there is none. */
export function variantIn(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null || !("variant" in data)) return undefined;
  return typeof data.variant === "string" ? data.variant : undefined;
}

/** @param variants those that the kind has; undefined when it has none */
export function variantRefusal(
  data: unknown,
  variants: Kind["variants"],
  at = "",
): EventRefusal | undefined {
  if (variants === undefined) return undefined;
  const field = `${at}data.variant`;
  const variant = variantIn(data);
  if (variants !== "any") {
    if (variant !== undefined && variants.includes(variant)) return undefined;
    const message = `${field}: not one of ${variants.join(", ")}`;
    return { code: variant === undefined ? "variant_invalid" : "variant_unknown", message, field };
  }
  const fault = variantFault(variant);
  if (fault === undefined) return undefined;
  const message = `${field}: ${fault}`;
  return { code: "variant_invalid", message, field, limit: VARIANT_BYTES_LIMIT };
}

/** Why a text can't be a variant; undefined when it can. */
export function variantFault(variant: string | undefined): string | undefined {
  if (variant === undefined) return "missing, or not text";
  if (variant === "" || UNUSABLE.test(variant)) return "empty, or has control characters";
  if (3 * variant.length > VARIANT_BYTES_LIMIT) {
    const bytes = new TextEncoder().encode(variant).length;
    if (bytes > VARIANT_BYTES_LIMIT) {
      return `${bytes} bytes as UTF-8; the limit is ${VARIANT_BYTES_LIMIT}`;
    }
  }
  return variant.normalize("NFC") === variant ? undefined : "not in Unicode's form NFC";
}

/** Control characters, and halves of characters. */
const UNUSABLE = /[\p{Cc}\p{Cs}]/u;
