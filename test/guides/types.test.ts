/** The TypeScript of the guides and READMEs compiles as strictly as ours. */
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
  const pages = ["README.md", "sdk/README.md", ...globSync("docs/{,guides/}*.md", { cwd: ROOT })];
  for (const page of pages) {
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
