/** The tests that `npm test` runs. */
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { lanFault } from "./test/faults/cluster/lan.ts";
import { SLOW_FILES } from "./test/slow/files.ts";
import { integrationProjects } from "./test/support/integration-projects.ts";

/** Files that run at the same time. */
const FILES_AT_ONCE = 4;

const unit: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "unit",
    include: [
      "shared",
      "gateway",
      "dispatcher",
      "hooks",
      "sdk",
      "server-sdk",
      "bench",
      "cli",
      "demo",
      "kit",
      "deploy",
      "scripts",
      "test/support",
    ].map((folder) => `${folder}/**/*.test.ts`),
  },
};

const local: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "local",
    include: ["test/local/**/*.test.ts"],
  },
};

/** What a process keeps in memory: each file has a process of its own, in which nothing ran before. */
const memory: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "memory",
    isolate: true,
    include: ["test/memory/**/*.test.ts"],
  },
};

/** What a gateway makes of bytes, whatever NATS is behind it: conformance and fuzz. */
const conformance: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "conformance",
    include: ["test/conformance/**/*.test.ts"],
  },
};

/** The packages against real gateways, on whatever nats-server is there, and in a real browser. */
const sdk: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "sdk",
    include: ["test/sdk/**/*.test.ts", "test/server-sdk/**/*.test.ts"],
  },
};

/** The guides of docs/guides/, as printed. */
const guides: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "guides",
    include: ["test/guides/**/*.test.ts"],
  },
};

/** The demo page in a real browser, on the stack that `npm start` runs. */
const demo: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "demo",
    include: ["test/demo/**/*.test.ts"],
  },
};

/** The short attacks; `npm run test:attacks` runs them all. */
const attacks: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "attacks",
    include: ["test/attacks/core/*.test.ts"],
  },
};

/** The core of the fault tests; `npm run test:faults` runs them all. */
const faults: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "faults",
    include: ["test/faults/core.test.ts"],
  },
};

/** Left out where no network can be made to have faults on. */
function faultsToTest(): TestProjectInlineConfiguration[] {
  const fault = lanFault();
  if (fault === undefined) return [faults];
  process.stderr.write(`Left out: fault tests (${fault})\n`);
  return [];
}

export default defineConfig(async () => ({
  test: {
    exclude: [...configDefaults.exclude, ...SLOW_FILES],
    // They wait for processes, sockets and timers more than they compute.
    maxWorkers: FILES_AT_ONCE,
    // Hundreds of files need not load the same modules hundreds of times.
    isolate: false,
    globalSetup: "test/support/bundle.ts",
    // On a busy machine, a second is short: a test fails by these only if nothing happens at all.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ["default", "json"],
    outputFile: { json: ".cache/vitest.json" },
    projects: [
      unit,
      local,
      memory,
      conformance,
      sdk,
      guides,
      demo,
      attacks,
      ...faultsToTest(),
      ...(await integrationProjects(false)),
    ],
  },
}));
