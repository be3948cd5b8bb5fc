/**
 * The Autobahn test suite (https://github.com/crossbario/autobahn-testsuite) against the listener
 * that gateways use. It needs Python 2, so it runs only where OVATION_TEST_AUTOBAHN names its command
 * `wstest`; `docs/conformance.md` says how to get it. `websocket-*.test.ts` tests everywhere, on a
 * complete gateway, what matters to a server.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Listener } from "../../gateway/transport/listener.ts";
import { testListener } from "../support/test-listener.ts";

const WSTEST = process.env["OVATION_TEST_AUTOBAHN"];
/** Cases to run, as patterns of the suite: all but compression, which is not offered. */
const CASES = (process.env["OVATION_TEST_AUTOBAHN_CASES"] ?? "*").split(",");
/** The suite sends messages of up to 16 MiB. */
const LARGEST_BYTES = 16 * 2 ** 20;
const RUN_MS = 900_000;

interface CaseResult {
  readonly behavior: string;
  readonly behaviorClose: string;
}

/**
 * Acceptable results. NON-STRICT: the failure was right but came a frame later or without a Close
 * frame, which RFC 6455 section 7.1.7 leaves open. INFORMATIONAL: there is no right or wrong.
 */
const GOOD = ["OK", "NON-STRICT", "INFORMATIONAL"];

let folder: string;
let listener: Listener;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ovation-autobahn-"));
  listener = testListener({
    messageLimitBytes: LARGEST_BYTES,
    bufferLimitBytes: 4 * LARGEST_BYTES,
    idleTimeoutMs: 120_000,
    pingIntervalMs: 60_000,
    // The suite expects an echo.
    onSocket: (socket) => ({
      onMessage: (bytes, isBinary) => void socket.send(bytes, isBinary),
      onControl: () => undefined,
      onDrain: () => undefined,
      onClose: () => undefined,
    }),
  });
  port = await listener.start();
});
afterAll(async () => {
  listener?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

test.skipIf(WSTEST === undefined)(
  "the Autobahn suite finds no fault",
  { timeout: RUN_MS },
  async () => {
    const spec = join(folder, "spec.json");
    const server = {
      agent: "ovation",
      url: `ws://127.0.0.1:${port}/v1/connect`,
      protocols: ["ovation.v1.json"],
    };
    await writeFile(
      spec,
      JSON.stringify({
        outdir: folder,
        servers: [server],
        cases: CASES,
        "exclude-cases": ["12.*", "13.*"],
      }),
    );
    await promisify(execFile)(WSTEST ?? "", ["-m", "fuzzingclient", "-s", spec]);
    const index = await readFile(join(folder, "index.json"), "utf8");
    const results: Record<string, CaseResult> = JSON.parse(index).ovation;
    const faults = Object.entries(results).filter(
      ([, { behavior, behaviorClose }]) =>
        !GOOD.includes(behavior) || !GOOD.includes(behaviorClose),
    );
    const tally = new Map<string, number>();
    for (const { behavior } of Object.values(results)) {
      tally.set(behavior, (tally.get(behavior) ?? 0) + 1);
    }
    process.stderr.write(`Autobahn: ${JSON.stringify(Object.fromEntries(tally))}\n`);
    expect(Object.fromEntries(faults)).toEqual({});
    expect(Object.keys(results).length).toBeGreaterThan(0);
  },
);
