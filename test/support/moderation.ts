/** A stack with a moderator, and what moderators request over HTTP. */
import { createHash } from "node:crypto";
import type { StackOptions } from "./stack.ts";
import { fileWith, SECRET, tokenOf, VIEWER } from "./tokens.ts";

/** API keys: of a moderator of everything, of one of other videos, and of a backend that is none. */
export const MODERATOR = "key-of-a-moderator-of-every-video-here";
export const OTHER_MODERATOR = "key-of-a-moderator-of-other-videos-only";
export const BACKEND = "key-of-a-backend-that-may-name-any-actor";

const keyOf = (key: string) => ({ sha256: createHash("sha256").update(key).digest("hex") });

/** A stack whose gateways check tokens and these API keys. */
export function moderatedStack(options: StackOptions = {}): StackOptions {
  const apiKeys = [
    { name: "moderator", ...keyOf(MODERATOR), scopes: ["moderate", "any-actor"] },
    { name: "other", ...keyOf(OTHER_MODERATOR), scopes: ["moderate"], videos: ["other-*"] },
    { name: "backend", ...keyOf(BACKEND), scopes: ["any-actor"] },
  ];
  const authApiKeysFile = fileWith(JSON.stringify(apiKeys));
  const gateway = { open: false, authSecret: SECRET, authApiKeysFile, ...options.gateway };
  return { ...options, gateway };
}

/** The token of a viewer who may publish. */
export async function tokenFor(actor: string): Promise<string> {
  return await tokenOf({ ...VIEWER, sub: actor });
}

type Body = Readonly<Record<string, unknown>>;

/** Sends a moderator's request; resolves with the status and the body. */
export async function moderate(
  { port }: { readonly port: number },
  method: "PUT" | "DELETE",
  path: string,
  body?: unknown,
  key: string | undefined = MODERATOR,
): Promise<{ readonly status: number; readonly body: Body }> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/videos/${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      authorization: `Bearer ${key}`,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}
