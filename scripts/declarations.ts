/** The type declarations of a package of this repository. */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/**
 * Declarations of all modules, whose imports name the files of the package.
 * @param project the folder with the package's tsconfig.json
 * @param folder created if missing; it has the paths of the repository in it
 */
export function buildDeclarations(project: string, folder: string): void {
  const flags = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", folder];
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", project, ...flags], {
    stdio: "inherit",
  });
  for (const file of globSync("**/*.d.ts", { cwd: folder })) {
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/(["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2"));
  }
}
