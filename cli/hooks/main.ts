/**
 * `ovation hooks`: the role that sends webhooks, and the commands that show and change how far they are.
 *
 * Exit codes of the commands: 0 done, 1 refused, 2 wrong arguments or settings, 3 NATS could not be
 * reached.
 */
import { Bus } from "../../shared/bus/connection.ts";
import { EXIT_SETTINGS, processSettings } from "../../shared/config/process-settings.ts";
import { createLog } from "../../shared/runtime/log.ts";
import { ArgumentFault, type HooksCommand, parseHooks, USAGE } from "./arguments.ts";
import { dead } from "./dead.ts";
import { replay, resume } from "./progress.ts";
import { Refused } from "./refused.ts";
import { status } from "./status.ts";
import { HooksStores } from "./stores.ts";

const EXIT_REFUSED = 1;
const EXIT_UNREACHABLE = 3;
const PATIENCE_MS = 10_000;

function end(text: string, code: number): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

async function result(command: HooksCommand, stores: HooksStores): Promise<string> {
  switch (command.name) {
    case "status":
      return await status(stores, command.isJson);
    case "resume":
      return await resume(stores, command.endpoint);
    case "replay":
      return await replay(stores, command);
    case "dead":
      return await dead(stores, command);
  }
}

async function run(command: HooksCommand, flags: readonly string[]): Promise<void> {
  const config = processSettings("hooks", flags);
  const unreachable = `NATS could not be reached within ${PATIENCE_MS} ms`;
  const late = setTimeout(() => end(unreachable, EXIT_UNREACHABLE), PATIENCE_MS);
  try {
    const bus = await Bus.connect({
      servers: config.natsUrl,
      login: config,
      inbox: "hooks",
      name: "ovation-hooks-command",
      log: createLog("hooks", "command", "silent"),
    });
    clearTimeout(late);
    const text = await result(command, new HooksStores(bus, config));
    await bus.stop();
    process.stdout.write(text);
  } catch (fault) {
    const isRefused = fault instanceof Refused;
    end(isRefused ? fault.message : `refused: ${String(fault)}`, EXIT_REFUSED);
  }
}

try {
  const parsed = parseHooks(process.argv.slice(2));
  if (parsed.outcome === "role") await import("../../hooks/main.ts");
  else if (parsed.outcome === "help") process.stdout.write(`${USAGE}\n`);
  else await run(parsed.command, parsed.flags);
} catch (fault) {
  if (!(fault instanceof ArgumentFault)) throw fault;
  end(`${fault.message}\nSee ovation hooks status --help`, EXIT_SETTINGS);
}
