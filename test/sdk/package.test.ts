/** The package as a fresh project gets it: packed, installed, run as JavaScript and type-checked. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
/** An application's other packages; linked, so that nothing is fetched. */
const OTHER_PACKAGES = [
  "react",
  "@types/react",
  "csstype",
  "@types/node",
  "undici-types",
  "ws",
  "@types/ws",
  "hls.js",
];

let folder: string;
let project: string;

/** A command as printed in the README. */
async function printed(command: RegExp): Promise<string> {
  const [line] = command.exec(await readFile(join(root, "README.md"), "utf8")) ?? [];
  if (line === undefined) throw new Error(`the README has no ${command}`);
  return line;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ovation-package-"));
  project = join(folder, "project");
  await mkdir(project);
  await run("sh", ["-c", await printed(/^npm run build:sdk/m)], { cwd: root });
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module", private: true }));
  const install = await printed(/^npm install .*$/m);
  await run("sh", ["-c", install.replace("/path/to/ovation", root)], { cwd: project });
  for (const name of OTHER_PACKAGES) {
    const link = join(project, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, "node_modules", name), link);
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("it installs only itself, and no file refers to a path outside it", async () => {
  const installed = await readdir(join(project, "node_modules"), { withFileTypes: true });
  const real = installed.filter((entry) => entry.isDirectory() && !/^[.@]/.test(entry.name));
  expect(real.map(({ name }) => name)).toEqual(["ovation-client"]);
  const own = join(project, "node_modules/ovation-client");
  for (const file of await readdir(own, { recursive: true })) {
    if (!/\.(js|ts|json|md)$/.test(file)) continue;
    const text = await readFile(join(own, file), "utf8");
    expect(text, file).not.toContain(root);
    expect(text, file).not.toMatch(/from "(?:node:|\.\.\/\.\.\/\.\.\/)/);
  }
});

test("it has the version of the repository", async () => {
  const version = async (path: string) =>
    (JSON.parse(await readFile(join(path, "package.json"), "utf8")) as { version: string }).version;
  expect(await version(join(project, "node_modules/ovation-client"))).toBe(await version(root));
});

test.each(["dist/react.js", "dist/cjs/react.js"])("%s is for client components", async (file) => {
  const text = await readFile(join(project, "node_modules/ovation-client", file), "utf8");
  expect(text).toMatch(/^("use strict";\n)?"use client";/);
});

test.each(["dist", "dist/cjs"])("the entries in %s share one OvationError", async (format) => {
  const path = join(project, "node_modules/ovation-client", format);
  const files = (await readdir(path)).filter((file) => file.endsWith(".js"));
  const texts = await Promise.all(files.map((file) => readFile(join(path, file), "utf8")));
  expect(
    texts.filter((text) => /class OvationError\b|OvationError = class/.test(text)),
  ).toHaveLength(1);
});

test("the checkers of packages find nothing wrong, for any way to resolve it", async () => {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const tarball = await readFile(join(root, `ovation-client-${version}.tgz`));
  const types = await checkPackage(createPackageFromTarballData(tarball));
  expect(types).toMatchObject({ problems: [] });
  const { messages } = await publint({
    pkgDir: join(project, "node_modules/ovation-client"),
    pack: false,
  });
  expect(messages).toEqual([]);
});

describe("a program in plain JavaScript", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.start();
  });
  afterAll(async () => {
    await stack?.stop();
  });

  test.each([
    [
      "main.js",
      `import { Ovation, OvationError } from "ovation-client";
       import { useLikes } from "ovation-client/react";
       import { OvationChat } from "ovation-client/elements";`,
    ],
    [
      "main.cjs",
      `const { Ovation, OvationError } = require("ovation-client");
       const { useLikes } = require("ovation-client/react");
       const { OvationChat } = require("ovation-client/elements");`,
    ],
  ])("watches, publishes and reads the history, in %s", async (file, imports) => {
    const program = `
      ${imports}
      const ovation = new Ovation({ url: process.argv[2] });
      const video = ovation.video(process.argv[3], { history: 5 });
      const heard = new Promise((resolve) => video.on("comment", resolve));
      async function main() {
        const { seq } = await video.publish("comment", { text: "hello" });
        const refusal = await video.publish("boo").catch((error) => error);
        const comment = await heard;
        const { events } = await video.readHistory();
        const unread = await video.moderate.pin("nothing").catch((error) => error);
        ovation.close();
        console.log(JSON.stringify({
          text: comment.data.text,
          isSame: comment.seq === seq && events.some(({ id }) => id === comment.id),
          codes: [refusal, unread].map((error) => error instanceof OvationError && error.code),
          hooks: typeof useLikes,
          // Defined where there is a page; here, loading it does no harm.
          elements: OvationChat.observedAttributes.includes("video"),
        }));
      }
      main();
    `;
    await writeFile(join(project, file), program);
    const args = [file, `http://127.0.0.1:${stack.gateway.port}`, file.replace(".", "-")];
    const child = spawn(process.execPath, args, { cwd: project, stdio: "pipe" });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes) => {
        output += String(bytes);
      });
    }
    // It ends by itself: a closed client keeps nothing alive.
    await once(child, "close");
    expect(JSON.parse(output)).toEqual({
      text: "hello",
      isSame: true,
      codes: ["kind_unknown", "event_not_found"],
      hooks: "function",
      elements: true,
    });
  });
});

describe("the chunk for HTTP", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.start();
  });
  afterAll(async () => {
    await stack?.stop();
  });

  test("is reported while it can't be loaded, and requested again", async () => {
    const program = `
      import { readdirSync, renameSync } from "node:fs";
      import { Ovation } from "ovation-client";
      const dist = new URL("./node_modules/ovation-client/dist/", import.meta.url);
      const name = readdirSync(dist).find((file) => /^over-http-.*\\.js$/.test(file));
      const [file, away] = [new URL(name, dist), new URL("away.js", dist)];
      renameSync(file, away);
      const ovation = new Ovation({
        url: process.argv[2],
        transport: "sse",
        reconnectFirstMs: 50,
        reconnectMaxMs: 50,
      });
      const states = [];
      const connected = new Promise((resolve) => {
        ovation.onState((state) => {
          const { name, reason } = state;
          states.push(name === "reconnecting" ? reason.code : name);
          if (states.length === 4) renameSync(away, file);
          if (name === "connected") resolve();
        });
      });
      const unread = await ovation.video("launch").readHistory().catch(({ code }) => code);
      ovation.connect();
      await connected;
      const { events } = await ovation.video("launch").readHistory();
      ovation.close();
      console.log(JSON.stringify({ unread, states: [...new Set(states)], events: events.length }));
    `;
    await writeFile(join(project, "chunk.js"), program);
    const url = `http://127.0.0.1:${stack.gateway.port}`;
    const { stdout } = await run(process.execPath, ["chunk.js", url], { cwd: project });
    expect(JSON.parse(stdout)).toEqual({
      unread: "chunk_unavailable",
      states: ["connecting", "chunk_unavailable", "connected", "closed"],
      events: 0,
    });
  });
});

/** How current projects resolve modules. */
const RESOLUTIONS = [
  { main: "main.ts", module: "NodeNext", moduleResolution: "NodeNext" },
  { main: "main.ts", module: "ESNext", moduleResolution: "Bundler" },
  // CommonJS, whatever the project's own type.
  { main: "main.cts", module: "Node16", moduleResolution: "Node16" },
];

const TYPED = `
  import { Ovation, type ConnectionState, type EventOf } from "ovation-client";
  import { useComments, useLikes } from "ovation-client/react";
  interface Kinds { comment: { text: string }; wave: number; ping: undefined; note: string | undefined }
  const ovation = new Ovation<Kinds>({ url: "https://live.example.com" });
  const video = ovation.video("launch");
  const parse = (data: unknown) => ({ text: String(data) });
  video.on("comment", ({ data, seq }) => { const text: string = data.text; const at: number | undefined = seq; return [text, at]; }, { parse });
  video.on("comment", ({ data }) => data.text, { parse: { parse } });
  video.on("viewers", ({ data }) => data.viewers.toFixed());
  video.on("retracted", ({ data }) => data.seq.toFixed());
  video.on("comment", ({ data }) => {
    // @ts-expect-error: others published it, and nothing has validated it
    return data.text;
  });
  video.publish("comment", { text: "hello" });
  video.publish("comment", { text: "hello" }, { whileAway: "fail" });
  video.publish("like");
  video.publish("like", undefined, { whenLimited: "fail" });
  video.publish("ping");
  video.publish("note");
  video.publish("note", "text", {});
  // @ts-expect-error: there is no such kind
  video.publish("coment", 5);
  // @ts-expect-error: a kind that doesn't exist, without data
  video.publish("coment");
  // @ts-expect-error: it has data
  video.publish("comment");
  // @ts-expect-error: the data has another shape
  video.publish("comment", { txt: "hello" });
  // @ts-expect-error: its data is a number
  video.publish("wave", "high");
  // @ts-expect-error: it has data
  video.publish("wave", undefined);
  // @ts-expect-error: it has no data
  video.publish("ping", 1);
  // @ts-expect-error: there is no such choice
  video.publish("wave", 3, { whileAway: "hope" });
  // @ts-expect-error: only Ovation publishes this kind
  video.publish("viewers", { viewers: 3 });
  // Without a type parameter, everything is allowed.
  const free = new Ovation({ url: "https://live.example.com" }).video("launch");
  free.publish("coment", 5);
  free.publish("comment");
  free.publish("anything", { at: 1 }, { waitMs: 1 });
  export function Texts() {
    useLikes(video, { kind: "ping" });
    // @ts-expect-error: there is no such kind
    useLikes(video, { kind: "pong" });
    const { comments }: { readonly comments: readonly { readonly data: { text: string } }[] } = useComments(video, { parse });
    // @ts-expect-error: nothing has validated it
    const others: { readonly comments: readonly { readonly data: { text: string } }[] } = useComments(video);
    return [comments, others];
  }
  const wave: EventOf<"wave", number> | undefined = undefined;
  export const name = (state: ConnectionState): string => state.name === "closed" ? state.reason.code : state.name;
  export { wave };
`;

describe.each(RESOLUTIONS)("$main with $moduleResolution", ({ main, ...resolution }) => {
  /** Compiles the files in strict mode, including the package's own types. */
  async function compile(files: Readonly<Record<string, string>>, more: object): Promise<string> {
    const directory = await mkdtemp(join(project, "ts-"));
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const compilerOptions = {
      ...resolution,
      target: "ES2022",
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      jsx: "react-jsx",
      ...more,
    };
    await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    try {
      await run(join(root, "node_modules/.bin/tsc"), ["-p", directory]);
      return "";
    } catch (error) {
      return String((error as { stdout?: unknown }).stdout);
    }
  }

  test.each([
    ["a page", { lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] }],
    ["a program for Node", { lib: ["ES2022"], types: ["node"] }],
  ])("knows the types, in %s", async (_, more) => {
    expect(await compile({ [main]: TYPED }, more)).toBe("");
  });

  test("compiles every example of the READMEs", async () => {
    const pages = ["README.md", "sdk/README.md"].map((path) => readFile(join(root, path), "utf8"));
    const page = (await Promise.all(pages)).join("\n");
    const examples = [...page.matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm)];
    expect(examples.length).toBeGreaterThan(6);
    const files = examples.map(([, ending, text], index) => [`example-${index}.${ending}`, text]);
    const lib = ["ES2022", "DOM", "DOM.Iterable"];
    const more = { lib, types: ["node"], skipLibCheck: true };
    expect(await compile(Object.fromEntries(files), more)).toBe("");
  });
});
