/** The languages of `test/clients/`: what each needs on the machine, and how its programs are built. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const CLIENTS = join(import.meta.dirname, "..");
const BUILT = join(CLIENTS, "..", "..", ".cache", "clients");

/** The names of a language's two programs. */
export type Program = "watch" | "publish";

export interface Language {
  readonly name: string;
  /** Programs that the machine must have. */
  readonly needs: readonly string[];
  /** Commands, run in the language's folder. */
  readonly build: readonly (readonly [command: string, ...args: string[]])[];
  readonly env?: Readonly<Record<string, string>>;
  /** The folder below `test/clients/`. */
  readonly folder: string;
  command(program: Program): readonly [command: string, ...args: string[]];
}

const venv = join(BUILT, "python");
const go = join(BUILT, "go");
const rust = join(BUILT, "rust");
const java = join(BUILT, "java");

export const LANGUAGES: readonly Language[] = [
  {
    name: "Python",
    folder: "python",
    needs: ["python3"],
    build: [
      ["python3", "-m", "venv", venv],
      [join(venv, "bin", "pip"), "install", "--quiet", "-r", "requirements.txt"],
    ],
    command: (program) => [join(venv, "bin", "python"), join(CLIENTS, "python", `${program}.py`)],
  },
  {
    name: "Go",
    folder: "go",
    needs: ["go"],
    build: [["go", "build", "-mod=readonly", "-o", `${go}/`, "./..."]],
    command: (program) => [join(go, program)],
  },
  {
    name: "Rust",
    folder: "rust",
    needs: ["cargo"],
    build: [["cargo", "build", "--quiet", "--locked"]],
    env: { CARGO_TARGET_DIR: rust },
    command: (program) => [join(rust, "debug", program)],
  },
  {
    name: "Java",
    folder: "java",
    needs: ["java", "mvn"],
    build: [["mvn", "--quiet", "--batch-mode", "process-classes"]],
    command: (program) => [
      "java",
      "-cp",
      [join(java, "classes"), join(java, "lib", "*")].join(delimiter),
      program === "watch" ? "Watch" : "Publish",
    ],
  },
];

/** What the machine lacks for a language; undefined if it has everything. */
export function lackOf({ needs }: Language): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const missing = needs.filter((need) => !folders.some((folder) => existsSync(join(folder, need))));
  return missing.length === 0 ? undefined : `${missing.join(" and ")} is not on this machine`;
}

/**
 * Builds the programs, incrementally and without blocking the gateways in this process.
 * @throws if a tool fails; its output says why
 */
export async function build({ name, build: commands, env, folder }: Language): Promise<void> {
  for (const [command, ...args] of commands) {
    const options = { cwd: join(CLIENTS, folder), env: { ...process.env, ...env } };
    const tool = spawn(command, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
    const [code] = await once(tool, "close");
    if (code !== 0) throw new Error(`${name}: ${command} ${args.join(" ")} failed`);
  }
}
