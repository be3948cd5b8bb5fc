/** The laws of the house that a reader of imports can check; they stand in the design. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
/** What each part may import of the others: by their doors, but for `shared`, which is all door. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  gateway: ["shared"],
  dispatcher: ["shared"],
  sdk: ["shared"],
  kit: ["shared"],
  bench: ["shared", "kit"],
  cli: ["shared", "gateway"],
  demo: ["shared", "kit"],
  deploy: ["shared", "kit", "cli", "demo"],
};
/** What a part shows of itself to others. */
const DOORS: Readonly<Record<string, RegExp>> = {
  gateway: /^gateway\/(index|main)\.ts$/,
  dispatcher: /^dispatcher\/(index|main)\.ts$/,
};
/** Rooms of the gateway, and those that each may use. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  api: ["auth", "delivery", "drain", "history", "limits", "publish", "table", "transport"],
  auth: ["transport"],
  delivery: ["history", "transport"],
  drain: [],
  history: [],
  limits: [],
  publish: [],
  table: ["delivery", "drain", "history", "limits"],
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

/** The modules that a source names, in the order in which it does. */
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

/** Servers that Ovation is compared with: strangers to the house, with dependencies of their own. */
const STRANGERS = "bench/peers/servers";

function importersOf(isTarget: (target: string) => boolean): string[] {
  const importing = imports.filter(
    ({ file, target }) => isTarget(target) && dirname(file) !== STRANGERS,
  );
  return [...new Set(importing.map(({ file }) => file))];
}

describe("this reader of imports", () => {
  test("sees every form of them", () => {
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

  test("reads the whole house", () => {
    for (const part of ["gateway", "dispatcher", "sdk", "shared", "scripts"]) {
      expect(files.filter((file) => partOf(file) === part).length, part).toBeGreaterThan(0);
    }
    expect(imports.length).toBeGreaterThan(files.length);
  });
});

describe("the laws of the house", () => {
  test.each(Object.entries(ALLOWED))("%s/ imports from no part but %j", (part, allowed) => {
    const strangers = imports.filter(({ file, target }) => {
      const other = partOf(target);
      return (
        partOf(file) === part && other !== part && other in ALLOWED && !allowed.includes(other)
      );
    });
    expect(strangers.filter(({ file }) => !file.endsWith(".test.ts"))).toEqual([]);
  });

  test("no part reaches into another", () => {
    const reaching = imports.filter(({ file, target }) => {
      const door = DOORS[partOf(target)];
      const isOutside = partOf(file) in ALLOWED && partOf(file) !== partOf(target);
      return door !== undefined && isOutside && !door.test(target);
    });
    expect(reaching.filter(({ file }) => !file.endsWith(".test.ts"))).toEqual([]);
  });

  test("the gateway's rooms are used in one direction", () => {
    const roomOf = (path: string) => /^gateway\/([^/]+)\/./.exec(path)?.[1];
    const others = imports.filter(({ file, target }) => {
      const room = roomOf(file);
      const used = roomOf(target);
      if (room === undefined || used === undefined || room === used) return false;
      return !(ROOMS[room] ?? []).includes(used);
    });
    expect(others.filter(({ file }) => !file.endsWith(".test.ts"))).toEqual([]);
  });

  test("no imports go in a circle, those of types included", () => {
    const importsOf = Map.groupBy(imports, ({ file }) => file);
    const done = new Set<string>();
    const circleFrom = (file: string, way: readonly string[]): readonly string[] | undefined => {
      if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
      if (done.has(file)) return undefined;
      for (const { target } of importsOf.get(file) ?? []) {
        const circle = circleFrom(target, [...way, file]);
        if (circle !== undefined) return circle;
      }
      done.add(file);
      return undefined;
    };
    expect([...importsOf.keys()].map((file) => circleFrom(file, [])).filter(Boolean)).toEqual([]);
  });

  test("the demo page uses the SDK by its public name, and nothing else of ours", () => {
    const page = imports.filter(({ file }) => file.startsWith("demo/page/"));
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
  });

  test("only the files of shared/bus/ know the NATS client", () => {
    const users = importersOf((target) => target === "nats" || target.startsWith("@nats-io/"));
    expect(users).not.toEqual([]);
    expect(users.filter((file) => dirname(file) !== "shared/bus")).toEqual([]);
  });

  test("OpenTelemetry is known in shared/runtime/tracing/ alone, and loaded only by its start", () => {
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

  test("only gateway/transport/ knows uWebSockets.js, and one file loads it", () => {
    const users = importersOf((target) => /^(uWebSockets\.js|uws-pack)/.test(target));
    expect(users).toEqual(["gateway/transport/addon.ts"]);
  });

  test("no code that is shipped imports a test", () => {
    const testing = imports.filter(
      ({ file, target }) =>
        !file.endsWith(".test.ts") && (target === "vitest" || target.endsWith(".test.ts")),
    );
    expect(testing.filter(({ file }) => file !== "vitest.config.ts")).toEqual([]);
  });
});
