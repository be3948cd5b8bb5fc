/**
 * The stores of a deployment: compares the streams and buckets of NATS with the settings, and changes
 * them while everything runs.
 *
 *   node cli/store/main.ts plan --nats-url nats://admin:…@127.0.0.1:4222 --history-age-ms 604800000
 *   node cli/store/main.ts apply …
 *
 * Exit codes: 0 the stores are as the settings say, 1 they are not, or a change was refused, 2 wrong
 * settings, 3 NATS could not be reached.
 */
import { Bus } from "../../shared/bus/connection.ts";
import { applyStores, planStores, StoreChangeFailed } from "../../shared/bus/store-admin.ts";
import { EXIT_SETTINGS, processSettings } from "../../shared/config/process-settings.ts";
import { createLog } from "../../shared/runtime/log.ts";
import { lossText, planText, stepText } from "./plan-text.ts";

const EXIT_REFUSED = 1;
const EXIT_UNREACHABLE = 3;
const COMMANDS = ["plan", "apply"] as const;

function end(text: string, code: number): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

const given = process.argv.slice(2);
const command = COMMANDS.find((known) => known === given[0]);
const isHelp = given.some((word) => word === "--help" || word === "-h");
const config = processSettings("store", isHelp ? ["--help"] : given.slice(1));
if (command === undefined) {
  end(`ovation store needs one of ${COMMANDS.join(", ")}: see --help`, EXIT_SETTINGS);
}

const late = setTimeout(
  () => end(`NATS could not be reached within ${config.patienceMs} ms`, EXIT_UNREACHABLE),
  config.patienceMs,
);
try {
  const bus = await Bus.connect({
    servers: config.natsUrl,
    login: config,
    name: "ovation-store",
    log: createLog("store", "store", "silent"),
  });
  clearTimeout(late);
  const code = await (command === "plan" ? plan(bus) : apply(bus));
  await bus.stop();
  process.exitCode = code;
} catch (fault) {
  if (fault instanceof StoreChangeFailed) end(fault.message, EXIT_REFUSED);
  end(`The stores could not be read: ${whyOf(fault)}`, EXIT_UNREACHABLE);
}

function whyOf(fault: unknown): string {
  if (/Permissions Violation/.test(String(fault))) {
    return "this NATS user may not manage streams: log in as admin";
  }
  const isLate = fault instanceof Error && fault.name === "TimeoutError";
  return isLate ? "JetStream didn't answer; it may be choosing a leader" : String(fault);
}

async function plan(bus: Bus): Promise<number> {
  const steps = await planStores(bus, config);
  process.stdout.write(config.json ? `${JSON.stringify({ steps })}\n` : planText(steps));
  return steps.length === 0 ? 0 : EXIT_REFUSED;
}

async function apply(bus: Bus): Promise<number> {
  const steps = await planStores(bus, config);
  const isLossy = steps.some(({ losses }) => losses.length > 0);
  if (isLossy && !config.allowLoss) {
    end(`${planText(steps)}\n${lossText(steps)}\nNothing was changed.`, EXIT_REFUSED);
  }
  if (!config.json) process.stdout.write(planText(steps));
  await applyStores(bus, config, {
    steps,
    waitMs: config.copiesWaitMs,
    onDone: (step) => {
      if (!config.json) process.stdout.write(`done: ${stepText(step)}\n`);
    },
  });
  if (config.json) process.stdout.write(`${JSON.stringify({ applied: steps })}\n`);
  return 0;
}
