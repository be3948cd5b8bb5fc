/**
 * API keys of backends. The file holds only their SHA-256: keys are random and long, so a slow hash
 * would add nothing. Their grants never expire; to revoke a key, remove it from the file.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { OvationError } from "../../shared/protocol/errors.ts";
import { actorSchema } from "../../shared/protocol/events.ts";
import { isKindPattern, isScope } from "../../shared/protocol/rights.ts";
import { PATTERNS_LIMIT, VIDEO_GLOB } from "../../shared/protocol/video-patterns.ts";
import { Grant } from "./grant.ts";

const KEYS_LIMIT = 1_000;
/** The format of a key; it is never mistaken for a token, which has dots. */
export const API_KEY_PATTERN = /^[A-Za-z0-9_-]{32,256}$/;

const fileSchema = z
  .array(
    z.strictObject({
      /** Tells publishers without an actor apart: a key that replaces another has its name. */
      name: actorSchema,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      videos: z.array(z.string().regex(VIDEO_GLOB)).max(PATTERNS_LIMIT).default(["*"]),
      publish: z.array(z.string().refine(isKindPattern)).max(64).default(["*"]),
      scopes: z.array(z.string().refine(isScope)).max(PATTERNS_LIMIT).default([]),
      actor: actorSchema.optional(),
    }),
  )
  .max(KEYS_LIMIT);

export type ApiKeys = ReadonlyMap<string, Grant>;

/** The refusal of a key that is not in the file; its cause is for the log. */
export function keyNotConfigured(): OvationError {
  const cause = new Error("the API key is none of those configured");
  return new OvationError("token_refused", undefined, { cause });
}

/** The form in which a key is stored. */
export function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/**
 * Reads the file: grants by the hash of their key.
 * @throws Error that names the setting, the file and the first problem
 */
export async function loadApiKeys(path: string | undefined): Promise<ApiKeys> {
  if (path === undefined) return new Map();
  const fault = (what: string, cause?: unknown) =>
    new Error(`--auth-api-keys-file: ${path}: ${what}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw fault(error instanceof SyntaxError ? "it is not JSON" : String(error), error);
  }
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw fault(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
  }
  const grants = parsed.data.map(
    ({ sha256, name, ...record }) =>
      [sha256, new Grant({ ...record, apiKey: sha256 }, "backend", name)] as const,
  );
  return new Map(grants);
}
