/** Which integration tests run on which nats-server: test/README.md has the same table, with the reasons. */
import type { TestProjectInlineConfiguration } from "vitest/config";
import { natsKindFault } from "./nats-available.ts";
import { type NatsKind, natsKinds, natsKindsRequired } from "./nats-kind.ts";

const EVERY_FILE = ["test/integration/**/*.test.ts"];

/** What `npm test` runs on each kind; `npm run test:nats` runs every file on every kind. */
const FILES: Readonly<Record<NatsKind, readonly string[]>> = {
  current: EVERY_FILE,
  "2.9": [
    "nats-harness",
    "nats-permissions",
    "follower",
    "tombstone-reaper",
    "large-bucket",
    "history",
    "history-limits",
    "dispatcher-history",
    "dispatcher-history-retraction",
    "table-repair",
    "guarantees/nats-restarted",
    "guarantees/store-lost",
    "guarantees/newest-writes-lost",
    "guarantees/jetstream-away",
    "store-being-created",
    "partitions",
  ].map((name) => `test/integration/${name}.test.ts`),
  container: ["nats-harness", "delivery"].map((name) => `test/integration/${name}.test.ts`),
};

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The kinds to test on: kinds that this machine lacks are left out, by name, unless required. */
export async function kindsToTest(wanted: readonly NatsKind[]): Promise<NatsKind[]> {
  const required = natsKindsRequired();
  const kinds: NatsKind[] = [];
  for (const kind of wanted) {
    const fault = await natsKindFault(kind, log);
    if (fault === undefined || required.includes(kind)) kinds.push(kind);
    if (fault !== undefined && !required.includes(kind)) {
      log(`Left out: tests on nats-server "${kind}" (${fault})`);
    }
  }
  return kinds;
}

/** The name of the project that runs the integration tests on one kind of server. */
function projectName(kind: NatsKind): string {
  return `nats-${kind}`;
}

/**
 * The integration tests, one project for each kind of server on this machine.
 * @param isEveryFile whether each kind runs the whole suite
 */
export async function integrationProjects(
  isEveryFile: boolean,
): Promise<TestProjectInlineConfiguration[]> {
  const kinds = await kindsToTest(natsKinds);
  return kinds.map((kind) => ({
    extends: true,
    test: {
      name: projectName(kind),
      include: [...(isEveryFile ? EVERY_FILE : FILES[kind])],
      env: { OVATION_TEST_NATS: kind, TESTCONTAINERS_RYUK_DISABLED: "true" },
    },
  }));
}
