/** The design rules of CONTRIBUTING.md that can be checked from the imports. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
/** What each part may import from others: only their entry points, except from `shared`. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  gateway: ["shared"],
  dispatcher: ["shared"],
  hooks: ["shared"],
  sdk: ["shared"],
  "server-sdk": ["shared"],
  kit: ["shared"],
  bench: ["shared", "kit"],
  cli: ["shared", "gateway", "dispatcher", "hooks", "sdk", "server-sdk"],
  demo: ["shared", "kit"],
  deploy: ["shared", "kit", "cli", "demo", "server-sdk"],
};
/** The files of a part that others may import. */
const ENTRY_POINTS: Readonly<Record<string, RegExp>> = {
  gateway: /^gateway\/(index|main)\.ts$/,
  dispatcher: /^dispatcher\/(index|main)\.ts$/,
  hooks: /^hooks\/(index|main)\.ts$/,
  sdk: /^sdk\/index\.ts$/,
  "server-sdk": /^server-sdk\/index\.ts$/,
};
/** Folders of the gateway, and those that each may import. */
const GATEWAY_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  api: [
    "auth",
    "delivery",
    "drain",
    "history",
    "limits",
    "moderation",
    "publish",
    "reports",
    "table",
    "state",
    "totals",
    "transport",
  ],
  auth: ["limits", "transport"],
  control: [],
  delivery: ["history", "state", "totals", "transport"],
  drain: [],
  history: [],
  state: ["history", "totals"],
  totals: [],
  limits: [],
  moderation: ["delivery"],
  publish: [],
  reports: [],
  table: ["delivery", "drain", "history", "limits", "state", "totals"],
  transport: ["limits"],
};

interface Import {
  readonly file: string;
  /** A package, or a path from the root. */
  readonly target: string;
}

/** `import … from "x"`, `export … from "x"`, `import "x"`, `import("x")`. */
const STATEMENT =
  /^\s*(?:import|export)\b[^;"'=()]*\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/** The modules that a source imports, in order. */
function targetsOf(source: string): string[] {
  return [...source.matchAll(STATEMENT)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

const files = globSync("**/*.{ts,tsx,mts,js,mjs}", {
  cwd: root,
  exclude: (path) => /(^|[/\\])(node_modules|test|dist|\.[^/\\]+)$/.test(path),
});
const imports: readonly Import[] = files.flatMap((file) =>
  targetsOf(readFileSync(join(root, file), "utf8")).map((target) => ({
    file,
    target: target.startsWith(".") ? join(dirname(file), target) : target,
  })),
);

function partOf(path: string): string {
  return path.split("/")[0] ?? "";
}

/** Servers that Ovation is compared with: they have their own dependencies. */
const PEER_SERVERS = "bench/peers/servers";

function importersOf(isTarget: (target: string) => boolean): string[] {
  const importing = imports.filter(
    ({ file, target }) => isTarget(target) && dirname(file) !== PEER_SERVERS,
  );
  return [...new Set(importing.map(({ file }) => file))];
}

describe("the import scanner", () => {
  test("finds every form of import", () => {
    const source = [
      'import "a";',
      'import b from "b";',
      'import {\n  type c,\n  d,\n} from "c";',
      'import type * as e from "e";',
      'export { f } from "f";',
      'export * from "g";',
      'const h = await import("h");',
      'import i from "i" with { type: "json" };',
    ];
    expect(targetsOf(source.join("\n"))).toEqual([..."abcefghi"]);
  });

  test("scans the whole repository", () => {
    for (const part of ["gateway", "dispatcher", "sdk", "shared", "scripts"]) {
      expect(files.filter((file) => partOf(file) === part).length, part).toBeGreaterThan(0);
    }
    expect(imports.length).toBeGreaterThan(files.length);
  });
});

describe("the design rules", () => {
  test.each(Object.entries(ALLOWED))("%s/ imports from no part but %j", (part, allowed) => {
    const violations = imports.filter(({ file, target }) => {
      const other = partOf(target);
      return (
        partOf(file) === part && other !== part && other in ALLOWED && !allowed.includes(other)
      );
    });
    expect(violations.filter(({ file }) => !file.endsWith(".test.ts"))).toEqual([]);
  });

  test("no part imports internals of another", () => {
    const reaching = imports.filter(({ file, target }) => {
      const entryPoint = ENTRY_POINTS[partOf(target)];
      const isOutside = partOf(file) in ALLOWED && partOf(file) !== partOf(target);
      return entryPoint !== undefined && isOutside && !entryPoint.test(target);
    });
    expect(reaching.filter(({ file }) => !file.endsWith(".test.ts"))).toEqual([]);
  });

  test("the gateway's folders import each other in one direction", () => {
    const folderOf = (path: string) => /^gateway\/([^/]+)\/./.exec(path)?.[1];
    const others = imports.filter(({ file, target }) => {
      const folder = folderOf(file);
      const used = folderOf(target);
      if (folder === undefined || used === undefined || folder === used) return false;
      return !(GATEWAY_FOLDERS[folder] ?? []).includes(used);
    });
    expect(others.filter(({ file }) => !file.endsWith(".test.ts"))).toEqual([]);
  });

  test("there are no import cycles, including type imports", () => {
    const importsOf = Map.groupBy(imports, ({ file }) => file);
    const done = new Set<string>();
    const cycleFrom = (file: string, path: readonly string[]): readonly string[] | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return undefined;
      for (const { target } of importsOf.get(file) ?? []) {
        const cycle = cycleFrom(target, [...path, file]);
        if (cycle !== undefined) return cycle;
      }
      done.add(file);
      return undefined;
    };
    expect([...importsOf.keys()].map((file) => cycleFrom(file, [])).filter(Boolean)).toEqual([]);
  });

  test.each(["page", "console"])(
    "the demo's %s imports the SDK by its public name, and no other code of this repository",
    (folder) => {
      const page = imports.filter(({ file }) => file.startsWith(`demo/${folder}/`));
      const used = new Set(page.map(({ target }) => target));
      expect(used).toContain("ovation-client");
      expect(used).toContain("ovation-client/react");
      const ours = [...used].filter(
        (target) => partOf(target) !== "demo" && partOf(target) in ALLOWED,
      );
      expect(ours).toEqual([]);
      const neighbours = [...used].filter((target) =>
        ["cli", "deploy", "kit"].includes(partOf(target)),
      );
      expect(neighbours).toEqual([]);
    },
  );

  test("the elements use the SDK's public API alone", () => {
    const used = imports.filter(({ file }) => file.startsWith("sdk/elements/"));
    const others = used.filter(({ target }) => !target.startsWith("sdk/elements/"));
    expect(others.map(({ target }) => target)).toContain("sdk/index.ts");
    const shipped = others.filter(({ file }) => !file.endsWith(".test.ts"));
    expect(shipped.filter(({ target }) => target !== "sdk/index.ts")).toEqual([]);
  });

  test("only the files of shared/bus/ import the NATS client", () => {
    const users = importersOf((target) => target === "nats" || target.startsWith("@nats-io/"));
    expect(users).not.toEqual([]);
    // Whoever copies an example has a client of their own.
    const ours = users.filter((file) => !file.startsWith("examples/"));
    expect(ours.filter((file) => dirname(file) !== "shared/bus")).toEqual([]);
  });

  test("only shared/runtime/tracing/ imports OpenTelemetry, and only its start loads it", () => {
    const users = importersOf((target) => target.startsWith("@opentelemetry/"));
    expect(users.toSorted()).toEqual([
      "shared/runtime/tracing/open-telemetry.ts",
      "shared/runtime/tracing/span-queue.ts",
    ]);
    expect(importersOf((target) => users.includes(target)).toSorted()).toEqual([
      "shared/runtime/tracing/open-telemetry.ts",
      "shared/runtime/tracing/start.ts",
    ]);
  });

  test("only one file of gateway/transport/ imports uWebSockets.js", () => {
    const users = importersOf((target) => /^(uWebSockets\.js|uws-pack)/.test(target));
    expect(users).toEqual(["gateway/transport/addon.ts"]);
  });

  test("no shipped code imports a test", () => {
    const testing = imports.filter(
      ({ file, target }) =>
        !file.endsWith(".test.ts") && (target === "vitest" || target.endsWith(".test.ts")),
    );
    expect(testing.filter(({ file }) => file !== "vitest.config.ts")).toEqual([]);
  });
});
