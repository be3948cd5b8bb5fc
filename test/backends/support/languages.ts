/** The languages of docs/backends.md: what each needs on the machine, and how its programs are run. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");
const PROGRAMS = join(import.meta.dirname, "..");
/** Where programs run, and keep what they write. */
export const BUILT = join(ROOT, ".cache/backends");

type Program = "publish" | "token" | "moderate" | "webhook";

interface Language {
  readonly name: string;
  /** What the machine must have. */
  readonly needs: string;
  build(): Promise<void>;
  command(program: Program | "observe" | "follow"): readonly [string, ...string[]];
}

const node = join(BUILT, "node");
const venv = join(BUILT, "python");
const go = join(BUILT, "go");

const NODE: Language = {
  name: "Node",
  needs: "npm",
  build: async () => {
    await rm(node, { recursive: true, force: true });
    await cp(join(PROGRAMS, "node"), node, { recursive: true });
    await writeFile(join(node, "package.json"), '{ "private": true, "type": "module" }');
    const packages = join(node, "node_modules");
    await mkdir(packages, { recursive: true });
    for (const name of ["sdk", "server-sdk"]) {
      const packed = join(node, `packed-${name}`);
      const own = join(packages, name === "sdk" ? "ovation-client" : "ovation-server");
      await mkdir(packed);
      await mkdir(own);
      await run("npm", ["pack", join(ROOT, name), "--pack-destination", packed]);
      const [tarball = ""] = await readdir(packed);
      await run("tar", ["-xzf", join(packed, tarball), "--strip-components=1", "-C", own]);
    }
    await symlink(join(ROOT, "node_modules/jose"), join(packages, "jose"));
  },
  command: (program) => [process.execPath, join(node, `${program}.mjs`)],
};

const PYTHON: Language = {
  name: "Python",
  needs: "python3",
  build: async () => {
    await run("python3", ["-m", "venv", venv]);
    const requirements = join(PROGRAMS, "python/requirements.txt");
    await run(join(venv, "bin/pip"), ["install", "--quiet", "-r", requirements]);
  },
  command: (program) => {
    // A file of the name token.py would hide Python's own module.
    const file = program === "token" ? "token_for" : program;
    return [join(venv, "bin/python"), join(PROGRAMS, "python", `${file}.py`)];
  },
};

const GO: Language = {
  name: "Go",
  needs: "go",
  build: async () => {
    const args = ["build", "-mod=readonly", "-o", `${go}/`, "./..."];
    await run("go", args, { cwd: join(PROGRAMS, "go") });
  },
  command: (program) => [join(go, program)],
};

export const LANGUAGES: readonly Language[] = [NODE, PYTHON, GO];
export { GO, NODE, PYTHON };

/** Whether the machine has what a language needs. */
export function isHere({ needs }: Language): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, needs)));
}
