/**
 * The document of a deployment's kinds, as people write it and as it is stored:
 *
 *     kinds:
 *       like: transient
 *       react: {class: transient, variants: any}
 *       comment: {class: durable, review: true}
 *       goal: {class: state, schema: {type: object, required: [minute]}}
 */
import { z } from "zod";
import { fieldOf } from "./field-path.ts";
import { schemaFault } from "./kind-schema.ts";
import {
  DELIVERY_CLASSES,
  type DeliveryClass,
  isBuiltIn,
  type JsonSchema,
  KIND_PATTERN,
  KINDS_LIMIT,
  type Kind,
} from "./kinds.ts";
import { variantFault } from "./publishable.ts";
import { VARIANTS_LIMIT } from "./variants.ts";

/** Of a document, as JSON. */
const DOCUMENT_LIMIT_BYTES = 262_144;
const CLASS_NAMES = DELIVERY_CLASSES.join(", ");
const classSchema = z.enum(DELIVERY_CLASSES as [DeliveryClass, ...DeliveryClass[]], {
  error: `must be one of ${CLASS_NAMES}`,
});

const variantsSchema = z.union(
  [
    z.literal("any"),
    z
      .array(z.string())
      .min(1)
      .max(VARIANTS_LIMIT)
      .superRefine((variants, context) => {
        for (const [index, variant] of variants.entries()) {
          const isAgain = variants.indexOf(variant) < index;
          const fault = isAgain ? "is listed twice" : variantFault(variant);
          if (fault !== undefined) {
            context.addIssue({ code: "custom", path: [index], message: fault });
          }
        }
      }),
  ],
  { error: `must be "any", or a list of 1 to ${VARIANTS_LIMIT} texts` },
);

const entrySchema = z
  .preprocess(
    (entry) => (typeof entry === "string" ? { class: entry } : entry),
    z.strictObject(
      {
        class: classSchema,
        variants: variantsSchema.optional(),
        schema: z.record(z.string(), z.unknown(), { error: "must be a JSON Schema" }).optional(),
        review: z.boolean({ error: "must be true or false" }).optional(),
      },
      {
        error: ({ code, keys }) =>
          code === "unrecognized_keys"
            ? `has ${keys?.join(", ")}, which no kind has`
            : `must be a class (${CLASS_NAMES}), or a map with class`,
      },
    ),
  )
  .superRefine((entry, context) => {
    // The history counts by kind alone.
    if (entry.variants !== undefined && entry.class !== "transient") {
      const message = "is for kinds of class transient only";
      context.addIssue({ code: "custom", path: ["variants"], message });
    }
    // Likes must not wait, and nobody is told what a vote was refused for.
    if (entry.review === true && entry.class !== "durable") {
      const message = "is for kinds of class durable only";
      context.addIssue({ code: "custom", path: ["review"], message });
    }
    const message = entry.schema === undefined ? undefined : schemaFault(entry.schema);
    if (message !== undefined) context.addIssue({ code: "custom", path: ["schema"], message });
  });

const documentSchema = z.strictObject(
  {
    kinds: z.record(z.string(), entrySchema, { error: "must be a map of kinds by name" }),
  },
  { error: "must be a map with kinds, and nothing else" },
);

/** What is wrong with the names, whatever else is. */
function nameFaults(document: unknown): KindsFault[] {
  const kinds: unknown =
    typeof document === "object" && document !== null && "kinds" in document && document.kinds;
  if (typeof kinds !== "object" || kinds === null || Array.isArray(kinds)) return [];
  const names = Object.keys(kinds);
  const message = `has ${names.length} kinds; the limit is ${KINDS_LIMIT}`;
  return [
    ...(names.length > KINDS_LIMIT ? [{ field: "kinds", message }] : []),
    ...names.flatMap((name) => {
      const fault = nameFault(name);
      return fault === undefined ? [] : [{ field: fieldOf("kinds", [name]), message: fault }];
    }),
  ];
}

function nameFault(name: string): string | undefined {
  if (isBuiltIn(name)) return "is built in";
  if (KIND_PATTERN.test(name)) return undefined;
  return `must have a name that matches ${KIND_PATTERN.source}`;
}

/** What a comment is, where nothing else is said: pages show `data.text`. */
const COMMENT_SCHEMA: JsonSchema = {
  type: "object",
  required: ["text"],
  properties: { text: { type: "string", minLength: 1, maxLength: 500 } },
};

/** The kind as it is where a document or a setting says nothing else. */
export function withDefaults(kind: Kind): Kind {
  const isComment = kind.name === "comment" && kind.schema === undefined;
  return isComment ? { ...kind, schema: COMMENT_SCHEMA } : kind;
}

/** A document that was parsed: its kinds, or everything that is wrong with it. */
export type ParsedKinds =
  | { readonly kinds: readonly Kind[] }
  | { readonly faults: readonly KindsFault[] };

export interface KindsFault {
  /** Where, such as `kinds.goal.class`; empty for the document itself. */
  readonly field: string;
  readonly message: string;
}

/** @param document decoded from YAML, JSON or msgpack */
export function parseKinds(document: unknown): ParsedKinds {
  const parsed = documentSchema.safeParse(document);
  const issues = parsed.success ? [] : parsed.error.issues;
  const faults = [
    ...nameFaults(document),
    ...issues.map(({ path, message }) => ({ field: fieldOf("", path), message })),
  ];
  if (!parsed.success || faults.length > 0) return { faults };
  const kinds = Object.entries(parsed.data.kinds).map(([name, entry]): Kind => {
    const { class: deliveryClass, variants, schema, review } = entry;
    return withDefaults({
      name,
      deliveryClass,
      ...(variants === undefined ? {} : { variants }),
      ...(schema === undefined ? {} : { schema }),
      ...(review === true ? { review } : {}),
    });
  });
  const bytes = encodeKinds(kinds).length;
  if (bytes > DOCUMENT_LIMIT_BYTES) {
    const message = `is ${bytes} bytes as JSON; the limit is ${DOCUMENT_LIMIT_BYTES}`;
    return { faults: [{ field: "", message }] };
  }
  return { kinds };
}

/** A fault in words. */
export function faultText({ field, message }: KindsFault): string {
  return field === "" ? `the document ${message}` : `${field}: ${message}`;
}

/** The document of these kinds, in its shortest form. */
export function documentOf(kinds: readonly Kind[]): { readonly kinds: Record<string, unknown> } {
  const entries = kinds.map(({ name, deliveryClass, variants, schema, review }) => {
    if (variants === undefined && schema === undefined && review !== true)
      return [name, deliveryClass] as const;
    const entry = {
      class: deliveryClass,
      ...(variants === undefined ? {} : { variants }),
      ...(schema === undefined ? {} : { schema }),
      ...(review === true ? { review } : {}),
    };
    return [name, entry] as const;
  });
  return { kinds: Object.fromEntries(entries) };
}

/** The document as it is stored: JSON. */
export function encodeKinds(kinds: readonly Kind[]): Buffer {
  return Buffer.from(JSON.stringify(documentOf(kinds)));
}

/** The inverse, for whatever is stored. */
export function decodeKinds(bytes: Uint8Array): ParsedKinds {
  try {
    return parseKinds(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return { faults: [{ field: "", message: "is not JSON" }] };
  }
}
