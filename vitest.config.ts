/** The tests that `npm test` runs, in groups that follow one another. */
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { lanFault } from "./test/faults/cluster/lan.ts";
import { integrationProjects, projectName } from "./test/support/integration-projects.ts";
import { natsKinds } from "./test/support/nats-kind.ts";

/** One after the other, in this order: together they would be too much for two cores. */
const groups = [
  "unit",
  "local",
  "conformance",
  "sdk",
  "demo",
  "attacks",
  "faults",
  ...natsKinds.map(projectName),
];

function groupOf(name: string): { readonly sequence: { readonly groupOrder: number } } {
  return { sequence: { groupOrder: groups.indexOf(name) + 1 } };
}

/** An integration project, in its place among the groups. */
function inOrder(project: TestProjectInlineConfiguration): TestProjectInlineConfiguration {
  const name = String(project.test?.name);
  return { ...project, test: { ...project.test, ...groupOf(name) } };
}

const unit: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "unit",
    include: [
      "shared",
      "gateway",
      "dispatcher",
      "sdk",
      "bench",
      "cli",
      "demo",
      "kit",
      "deploy",
      "scripts",
      "test/support",
    ].map((folder) => `${folder}/**/*.test.ts`),
    // Starts a stack of processes, so it is with those that do.
    exclude: [...configDefaults.exclude, "bench/end-to-end.test.ts"],
    ...groupOf("unit"),
  },
};

const local: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "local",
    include: ["test/local/**/*.test.ts", "bench/end-to-end.test.ts"],
    fileParallelism: false,
    ...groupOf("local"),
  },
};

/** What a gateway makes of bytes, whatever NATS is behind it: conformance and fuzz. */
const conformance: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "conformance",
    include: ["test/conformance/**/*.test.ts"],
    fileParallelism: false,
    ...groupOf("conformance"),
  },
};

/** The SDK against real gateways, on whatever nats-server is there, and in a real browser. */
const sdk: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "sdk",
    include: ["test/sdk/**/*.test.ts"],
    fileParallelism: false,
    ...groupOf("sdk"),
  },
};

/** The demo page in a real browser, on the stack that `npm start` runs. */
const demo: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "demo",
    include: ["test/demo/**/*.test.ts"],
    fileParallelism: false,
    ...groupOf("demo"),
  },
};

/** The short attacks; `npm run test:attacks` runs them all. */
const attacks: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "attacks",
    include: ["test/attacks/core/*.test.ts"],
    fileParallelism: false,
    ...groupOf("attacks"),
  },
};

/** The core of the fault tests; `npm run test:faults` runs them all. */
const faults: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "faults",
    include: ["test/faults/core.test.ts"],
    ...groupOf("faults"),
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
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // On a busy machine, a second is short.
    expect: { poll: { timeout: 30_000 } },
    reporters: ["default", "json"],
    outputFile: { json: ".cache/vitest.json" },
    projects: [
      unit,
      local,
      conformance,
      sdk,
      demo,
      attacks,
      ...faultsToTest(),
      ...(await integrationProjects(false)).map(inOrder),
    ],
  },
}));
