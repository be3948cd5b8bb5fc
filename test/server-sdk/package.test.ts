/** The package for backends as a fresh project gets it: packed, unpacked, run and type-checked. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
/** Linked, so that nothing is fetched: what it depends on, and Node's types. */
const OTHER_PACKAGES = ["jose", "@types/node", "undici-types"];

let project: string;
let own: string;
let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
  project = await mkdtemp(join(tmpdir(), "ovation-server-package-"));
  own = join(project, "node_modules/ovation-server");
  await mkdir(own, { recursive: true });
  await run("npm", ["pack", join(root, "server-sdk"), "--pack-destination", project]);
  const [tarball = ""] = (await readdir(project)).filter((name) => name.endsWith(".tgz"));
  await run("tar", ["-xzf", join(project, tarball), "--strip-components=1", "-C", own]);
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module", private: true }));
  for (const name of OTHER_PACKAGES) {
    const link = join(project, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, "node_modules", name), link);
  }
});
afterAll(async () => {
  await rm(project, { recursive: true, force: true });
  await stack?.stop();
});

test("it refers to nothing outside it but jose and Node, and is what a package should be", async () => {
  for (const file of await readdir(own, { recursive: true })) {
    if (!/\.(js|ts|json|md)$/.test(file)) continue;
    const text = await readFile(join(own, file), "utf8");
    expect(text, file).not.toContain(root);
    if (file.endsWith(".js")) {
      const imported = [...text.matchAll(/^import .*from "([^"]+)";$/gm)].map(([, name]) => name);
      expect(imported.filter((name) => !/^(node:\w|jose$|\.\/)/.test(name ?? ""))).toEqual([]);
    }
  }
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  expect(JSON.parse(await readFile(join(own, "package.json"), "utf8"))).toMatchObject({ version });
  expect(await readFile(join(own, "dist/THIRD-PARTY-LICENSES.txt"), "utf8")).toContain("Kris Zyp");
  const { messages } = await publint({ pkgDir: own, pack: false });
  expect(messages).toEqual([]);
});

test("a program in plain JavaScript publishes and reads", async () => {
  const program = `
    import { Ovation, OvationError } from "ovation-server";
    const video = new Ovation({ url: process.argv[2] }).video("launch");
    const { id } = await video.publish({ kind: "comment", actor: "anna", data: { text: "hello" } });
    const refusal = await video.publish({ kind: "boo" }).catch((error) => error);
    for await (const event of video.history()) {
      console.log(JSON.stringify([event.id === id, refusal instanceof OvationError, refusal.code]));
    }
  `;
  await writeFile(join(project, "main.js"), program);
  const url = `http://127.0.0.1:${stack.gateway.port}`;
  // It ends by itself: connections that are kept keep nothing alive.
  const { stdout } = await run(process.execPath, ["main.js", url], { cwd: project });
  expect(JSON.parse(stdout)).toEqual([true, true, "kind_unknown"]);
});

test("a project in strict TypeScript knows the types, those of the package included", async () => {
  const program = `
    import { Ovation, type Poll, type VideoInfo } from "ovation-server";
    const video = new Ovation({ url: "https://live.example.com", token: async () => "t" }).video("launch");
    export const viewers = async (): Promise<number> => ((await video.info()) satisfies VideoInfo).viewers;
    export const polls = async (): Promise<readonly Poll[]> => Object.values(await video.polls());
    // @ts-expect-error: it needs a kind
    video.publish({ data: 1 });
    // @ts-expect-error: there is no such mode
    video.moderation.ban("troll", { mode: "hide" });
  `;
  await writeFile(join(project, "main.ts"), program);
  for (const [module, moduleResolution] of [
    ["NodeNext", "NodeNext"],
    ["ESNext", "Bundler"],
  ]) {
    const compilerOptions = {
      ...{ module, moduleResolution, target: "ES2022", lib: ["ES2022"], types: ["node"] },
      ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true },
    };
    const files = ["main.ts"];
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    const tsc = run(join(root, "node_modules/.bin/tsc"), ["-p", project]);
    await tsc.catch(({ stdout }: { stdout: string }) => expect(stdout).toBe(""));
  }
});
