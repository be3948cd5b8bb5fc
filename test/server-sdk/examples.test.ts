/** Every public name of ovation-server has an example, which compiles and runs as printed. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import openApi from "../../docs/openapi.json" with { type: "json" };
import { Ovation, TokenSigner, type Video } from "../../server-sdk/index.ts";
import { docOf, exampleIn, exportsOf, memberDocs } from "../support/docstrings.ts";
import { MODERATOR, moderatedStack } from "../support/moderation.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";
import { SECRET } from "../support/tokens.ts";

const root = join(import.meta.dirname, "../..");
const sources = join(root, "server-sdk");
const CLASSES = ["ovation.ts", "video.ts", "moderation.ts", "tokens.ts"];

const exported = exportsOf(join(sources, "index.ts"));
const members = CLASSES.flatMap((file) =>
  [...memberDocs(join(sources, file))].map(([name, doc]) => ({ name: `${file}: ${name}`, doc })),
);
const all = [...exported.map((one) => ({ name: one.name, doc: docOf(one) })), ...members].map(
  ({ name, doc }) => ({ name, code: exampleIn(doc) ?? "" }),
);
/** The code blocks of the package's README. */
const README = "README.md";

/** What viewers use, with the SDK. */
const NOT_FOR_BACKENDS = [
  "GET /v1/videos/{video}/events",
  "POST /v1/tickets",
  "GET /v1/openapi.json",
];

/** The operations of the HTTP API: method and path. */
function operations(): readonly string[] {
  return Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((name) => ["get", "put", "post", "delete"].includes(name))
      .map((name) => `${name.toUpperCase()} ${path}`),
  );
}

type Example = (ovation: Ovation, video: Video, signer: TokenSigner) => Promise<void>;

let stack: TestStack;
let folder: string;
let url: string;

beforeAll(async () => {
  stack = await TestStack.start(moderatedStack());
  url = `http://127.0.0.1:${stack.gateway.port}`;
  await mkdir(join(root, ".cache"), { recursive: true });
  folder = await mkdtemp(join(root, ".cache/examples-"));
  const names = exported.map(({ name }) => name);
  const values = names.filter((name) => !isType(name));
  const imports = [
    `import { ${values.join(", ")} } from "ovation-server";`,
    `import type { ${names.filter(isType).join(", ")} } from "ovation-server";`,
  ].join("\n");
  const readme = await readFile(join(sources, README), "utf8");
  const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  const programs = [
    ...all.map(({ code }) => code),
    ...blocks.map((code) => code.replaceAll(/^import .*"(?:ovation-server)";$/gm, "")),
  ];
  for (const [index, code] of programs.entries()) {
    const nodeImports = code.match(/^import .*;$/gm)?.join("\n") ?? "";
    const body = code.replaceAll(/^import .*;$/gm, "");
    const given = "ovation: Ovation, video: Video, signer: TokenSigner";
    const text = `${imports}\n${nodeImports}\nexport default async function (${given}): Promise<void> {\n{\n${body}\n}\n}\n`;
    await writeFile(join(folder, `example-${index}.ts`), text);
  }
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await stack?.stop();
});

function isType(name: string): boolean {
  return !["Ovation", "OvationError", "TokenSigner", "verifyWebhook"].includes(name);
}

test.each(all)("$name has an example", ({ code }) => {
  expect(code).not.toBe("");
});

test("all examples compile", async () => {
  const compilerOptions = {
    target: "ES2024",
    lib: ["ES2024"],
    module: "NodeNext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    paths: { "ovation-server": ["../../server-sdk/index.ts"] },
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const tsc = promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", folder]);
  const output = await tsc.then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(output).toBe("");
});

describe("with a gateway", () => {
  /** Each request that the examples made: its method and path. */
  const requests = new Set<string>();

  test("all examples run", async () => {
    const natsUrl = natsUrlAs("consumer", stack.nats.url);
    const files = (await readdir(folder)).filter((file) => /^example-\d+\.ts$/.test(file));
    for (const file of files) {
      const path = join(folder, file);
      const text = await readFile(path, "utf8");
      const here = text
        .replaceAll("https://live.example.com", url)
        .replaceAll('process.env["OVATION_TOKEN"]', JSON.stringify(MODERATOR))
        .replaceAll('process.env["OVATION_AUTH_SECRET"] ?? ""', JSON.stringify(SECRET))
        .replaceAll('process.env["OVATION_NATS_URL"]', JSON.stringify(natsUrl))
        .replaceAll('"position"', JSON.stringify(join(folder, "position")))
        .replaceAll("events({ from })", "events({ from, signal: AbortSignal.timeout(1_000) })")
        .replaceAll("console.log(", "void (");
      await writeFile(path, here);
    }
    await build({
      entryPoints: files.map((file) => join(folder, file)),
      outdir: join(folder, "built"),
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      packages: "external",
      alias: { "ovation-server": join(sources, "index.ts") },
      outExtension: { ".js": ".mjs" },
    });
    const signer = new TokenSigner({ secret: SECRET });
    const recorded: typeof fetch = async (input, init) => {
      requests.add(`${init?.method} ${new URL(String(input)).pathname}`);
      return await fetch(input, init);
    };
    const nats = await connectTo(stack.nats.url, "consumer");
    const ovation = new Ovation({ url, token: MODERATOR, fetch: recorded, nats });
    for (const [index, file] of files.entries()) {
      const built = join(folder, "built", file.replace(/\.ts$/, ".mjs"));
      const { default: run } = (await import(pathToFileURL(built).href)) as { default: Example };
      await run(ovation, ovation.video(`example-${index}`), signer).catch((cause: unknown) => {
        throw new Error(`${file}: ${String(cause)}`, { cause });
      });
    }
    await nats.close();
  });

  test("they use every operation of the HTTP API that is for backends", () => {
    const used = [...requests];
    const unused = operations().filter((operation) => {
      // The same code bans everywhere and on one video.
      const path = operation.replace(/ \/v1\/(bans|moderation)/, " /v1/videos/{video}/$1");
      const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      return !used.some((request) => pattern.test(request));
    });
    expect(unused.toSorted()).toEqual(NOT_FOR_BACKENDS.toSorted());
  });
});
