/**
 * The doctor: compares the subscription table with leases and gateways, and reports what is wrong.
 *
 *   node cli/doctor/main.ts --nats-url nats://127.0.0.1:4222
 *
 * Exit codes: 0 the table is right, 1 something is wrong with it, 2 wrong settings, 3 it could not
 * be read.
 */
import { Bus } from "../../shared/bus/connection.ts";
import { processSettings } from "../../shared/config/process-settings.ts";
import { createLog } from "../../shared/runtime/log.ts";
import { examine } from "./examine.ts";
import { reportText } from "./report.ts";

const EXIT_FINDINGS = 1;
const EXIT_BLIND = 3;

const config = processSettings("doctor");
// It prints its result for a person or a program; it has no log.
const log = createLog("doctor", "doctor", "silent");
const late = setTimeout(() => {
  process.stderr.write(`NATS could not be reached within ${config.patienceMs} ms\n`);
  process.exit(EXIT_BLIND);
}, config.patienceMs);
try {
  const bus = await Bus.connect({
    servers: config.natsUrl,
    login: config,
    inbox: "observer",
    name: "ovation-doctor",
    log,
  });
  clearTimeout(late);
  const { findings, snapshot } = await examine(bus, config);
  await bus.stop();
  const text = config.json ? `${JSON.stringify({ findings })}\n` : reportText(findings, snapshot);
  process.stdout.write(text);
  process.exitCode = findings.length === 0 ? 0 : EXIT_FINDINGS;
} catch (error) {
  const isLate = error instanceof Error && error.name === "TimeoutError";
  const why = isLate ? "JetStream didn't answer; it may be choosing a leader" : String(error);
  process.stderr.write(`The table could not be read: ${why}\n`);
  process.exit(EXIT_BLIND);
}
