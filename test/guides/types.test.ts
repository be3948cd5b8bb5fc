/** The TypeScript of the guides and pages compiles as strictly as ours; test/sdk/package.test.ts does READMEs. */
import { execFile } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, ".cache/guide-types");
const CONFIG = {
  extends: "../../tsconfig.json",
  compilerOptions: {
    lib: ["ES2024", "DOM", "DOM.Iterable"],
    jsx: "react-jsx",
    // An example may end with what the reader goes on with.
    noUnusedLocals: false,
    paths: {
      "ovation-client": ["../../sdk/index.ts"],
      "ovation-client/react": ["../../sdk/react/index.ts"],
    },
  },
  include: ["*.ts", "*.tsx"],
};

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

test("each block that imports the client compiles", async () => {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(CONFIG));
  for (const page of globSync("docs/{,guides/}*.md", { cwd: ROOT })) {
    const blocks = readFileSync(join(ROOT, page), "utf8").matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm);
    for (const [index, [, language = "", code = ""]] of [...blocks].entries()) {
      const name = `${page.replaceAll(/\W/g, "-")}-${index}.${language}`;
      if (code.includes('from "ovation-client')) writeFileSync(join(FOLDER, name), code);
    }
  }
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["-p", FOLDER]).catch((error) => error);
  expect(stdout).toBe("");
});
