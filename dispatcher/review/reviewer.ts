/** Reads what a dispatcher needs to ask reviewers over HTTPS. */
import { readFile } from "node:fs/promises";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { parseSigningKeys } from "../../shared/lib/webhook-signature.ts";
import type { HttpReviewer } from "./ask.ts";

type ReviewerConfig = Pick<DispatcherConfig, "reviewUrl" | "reviewCaFile" | "reviewSecretFile">;

/**
 * @returns undefined where reviewers are asked over NATS
 * @throws Error that names the setting and the file
 */
export async function loadHttpReviewer(config: ReviewerConfig): Promise<HttpReviewer | undefined> {
  const { reviewUrl: url, reviewCaFile, reviewSecretFile } = config;
  if (url === undefined) return undefined;
  if (reviewCaFile !== undefined && url.startsWith("http:")) {
    throw new Error("--review-ca-file: --review-url is no https URL");
  }
  const ca = await fromFile("--review-ca-file", reviewCaFile, (text) => {
    if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new Error("must hold certificates");
    return text;
  });
  const keys = await fromFile("--review-secret-file", reviewSecretFile, parseSigningKeys);
  return { url, ca, keys: keys ?? [] };
}

async function fromFile<T>(
  name: string,
  path: string | undefined,
  parse: (text: string) => T,
): Promise<T | undefined> {
  if (path === undefined) return undefined;
  try {
    return parse(await readFile(path, "utf8"));
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : "it can't be read";
    throw new Error(`${name}: ${path}: ${what}`, { cause });
  }
}
