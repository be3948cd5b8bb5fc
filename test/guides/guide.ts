/** The guides of docs/guides/, run as printed against gateways of a test. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll } from "vitest";
import { Command } from "../local/npm-start.ts";
import { Network } from "../sdk/support/network.ts";
import { bundled } from "../support/bundle.ts";
import { PageCode } from "../support/page-code.ts";
import { bundledWithSdk } from "../support/sdk-bundle.ts";
import { type StackOptions, TestStack } from "../support/stack.ts";
import { fileWith, SECRET } from "../support/tokens.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The API key of the guides' backends. */
export const KEY = "a-key-of-the-guides-which-is-long-enough";
const KEY_SHA256 = "a547d04774d7234ad6afec0aaa1f7896ea08f87c652611e67f5ec27b181290e2";

/** A guide's code. Each has a video of its own, so that guides may share a stack. */
export class Guide extends PageCode {
  readonly video: string;

  /** @param name such as `like-button` */
  constructor(name: string) {
    super(`docs/guides/${name}.md`);
    this.video = name;
  }

  override block(languages: string, holds?: string): string {
    return super.block(languages, holds).replace(/(?<![-\w])(launch|match-7|final)\b/g, this.video);
  }
}

/** Gateways of one stack, and the addresses that the guides' are replaced with. */
export interface Gateways {
  readonly stack: TestStack;
  /** In front of a gateway that is open. */
  readonly open: Network;
  /** In front of a gateway that requires tokens. */
  readonly closed: Network;
}

/** Starts gateways before the tests of a file, and stops them after these; returns a getter for them. */
export function useGateways(options: StackOptions = {}): () => Gateways {
  let gateways: Gateways | undefined;
  beforeAll(async () => {
    // The default limit of likes: one guide shows what exceeds it.
    const quick = { lingerMs: 0, countIntervalMs: 50, likesPerSecond: 10 };
    const stack = await TestStack.start({ ...options, gateway: quick });
    const keys = [{ name: "shop", sha256: KEY_SHA256, scopes: ["any-actor", "moderate"] }];
    const closed = await stack.addGateway({
      open: false,
      authSecret: SECRET,
      authApiKeysFile: fileWith(JSON.stringify(keys)),
    });
    gateways = {
      stack,
      open: await Network.start(stack.gateway.port),
      closed: await Network.start(closed.port),
    };
  });
  afterAll(async () => {
    await gateways?.open.stop();
    await gateways?.closed.stop();
    await gateways?.stack.stop();
  });
  return () => {
    if (gateways === undefined) throw new Error("the gateways are not running");
    return gateways;
  };
}

/** The code with the address of a gateway that runs. */
export function at({ url }: Network, code: string): string {
  return code.replaceAll(/https:\/\/live\.example(\.com)?/g, url);
}

/** Runs commands as a person would paste them; rejects when one of them fails. @returns what they print */
export async function paste(script: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const quiet = script
    .replaceAll("curl ", "curl -sS --fail-with-body ")
    .replaceAll("npx ovation", `node ${bundled("cli/main.ts")}`);
  const options = { env: { ...process.env, ...env }, cwd: ROOT };
  const { stdout } = await promisify(execFile)("bash", ["-e", "-c", quiet], options);
  return stdout;
}

/** Runs a program in Node, and resolves when it has printed all of these. */
export async function prints(
  code: string,
  patterns: readonly RegExp[],
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  // Within the repository, so that it finds its packages.
  const folder = await mkdtemp(join(ROOT, ".cache/guide-"));
  const file = join(folder, "main.mjs");
  await writeFile(file, await bundledWithSdk(code, "node"));
  const program = new Command(process.execPath, [file], { ...process.env, ...env });
  try {
    for (const pattern of patterns) await program.prints(pattern);
  } finally {
    program.signalGroup("SIGKILL");
    await program.ended;
    await rm(folder, { recursive: true, force: true });
  }
}
