/** The endpoints that webhooks go to, from the settings, a file, and the files of their secrets. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import type { HooksConfig } from "../shared/config/settings.ts";
import { parseSigningKeys, type SigningKey } from "../shared/lib/webhook-signature.ts";
import { HOOK_EVENT_TYPES, type HookEventType } from "../shared/protocol/hooks/events.ts";
import { ENDPOINT_PATTERN } from "../shared/protocol/hooks/progress.ts";
import { type AddressRules, urlFault } from "./delivery/address-rules.ts";

const ENDPOINTS_LIMIT = 32;
/** The name of the endpoint that `--hooks-url` names. */
const DEFAULT_ENDPOINT = "default";

export interface Endpoint {
  readonly name: string;
  readonly url: URL;
  /** The types of events that it gets; undefined: all. */
  readonly events: ReadonlySet<string> | undefined;
  /** Webhooks are signed with each of them. */
  readonly keys: readonly SigningKey[];
}

type EndpointConfig = Pick<HooksConfig, "hooksUrl" | "hooksSecretFile" | "hooksFile">;

const fileSchema = z.strictObject({
  endpoints: z
    .array(
      z.strictObject({
        name: z.string().regex(ENDPOINT_PATTERN),
        url: z.string(),
        secretFile: z.string().min(1),
        events: z
          .array(z.enum(HOOK_EVENT_TYPES as [HookEventType]))
          .min(1)
          .optional(),
      }),
    )
    .min(1)
    .max(ENDPOINTS_LIMIT),
});

/** @throws Error that names the setting or the field, and no secret */
export async function loadEndpoints(
  config: EndpointConfig,
  rules: AddressRules,
): Promise<readonly Endpoint[]> {
  const { hooksUrl, hooksSecretFile, hooksFile } = config;
  if ((hooksUrl === undefined) === (hooksFile === undefined)) {
    throw new Error("--hooks-url, --hooks-file: one of them must be set");
  }
  if (hooksFile !== undefined) return await fromFile(hooksFile, rules);
  if (hooksSecretFile === undefined) throw new Error("--hooks-secret-file: must be set");
  return [
    {
      name: DEFAULT_ENDPOINT,
      url: checkedUrl("--hooks-url", hooksUrl ?? "", rules),
      events: undefined,
      keys: await keysIn("--hooks-secret-file", hooksSecretFile),
    },
  ];
}

async function fromFile(path: string, rules: AddressRules): Promise<readonly Endpoint[]> {
  const where = `--hooks-file: ${path}`;
  const parsed = fileSchema.safeParse(await jsonIn(where, path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${where}: ${issue?.path.join(".") || "it"}: ${issue?.message}`);
  }
  const { endpoints } = parsed.data;
  const names = endpoints.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new Error(`${where}: two endpoints are named ${repeated}`);
  return await Promise.all(
    endpoints.map(async ({ name, url, secretFile, events }) => ({
      name,
      url: checkedUrl(`${where}: ${name}: url`, url, rules),
      events: events === undefined ? undefined : new Set(events),
      keys: await keysIn(`${where}: ${name}: secretFile`, resolve(dirname(path), secretFile)),
    })),
  );
}

function checkedUrl(where: string, text: string, rules: AddressRules): URL {
  const fault = urlFault(text, rules);
  // The URL itself is not shown: a part of it may be a secret.
  if (fault !== undefined) throw new Error(`${where}: ${fault}`);
  return new URL(text);
}

async function jsonIn(where: string, path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Error(`${where}: it can't be read`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${where}: it is not JSON`);
  }
}

async function keysIn(where: string, path: string): Promise<readonly SigningKey[]> {
  try {
    return parseSigningKeys(await readFile(path, "utf8"));
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : "it can't be read";
    throw new Error(`${where}: ${path}: ${what}`, { cause });
  }
}
