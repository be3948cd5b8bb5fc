/**
 * The stores of a deployment: compares the streams and buckets of NATS with the settings, changes them
 * while everything runs, and backs up, restores, moves and purges what they keep.
 *
 *   node cli/store/main.ts plan --nats-url nats://admin:…@127.0.0.1:4222 --history-age-ms 604800000
 *   node cli/store/main.ts backup /backups/today --nats-url …
 *
 * Exit codes: 0 done, 1 refused, or `plan` found a difference, 2 wrong settings, 3 NATS could not be
 * reached.
 */
import { StoreChangeFailed } from "../../shared/bus/store-admin.ts";
import { SnapshotFailed } from "../../shared/bus/stream-snapshot.ts";
import { EXIT_SETTINGS, processSettings } from "../../shared/config/process-settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { apply, plan } from "./apply.ts";
import { backup } from "./backup.ts";
import { EXIT_REFUSED, EXIT_UNREACHABLE, end, Refused, reach } from "./command.ts";
import { forget } from "./forget.ts";
import { leave } from "./leave.ts";
import { move } from "./move.ts";
import { purge } from "./purge.ts";
import { restore } from "./restore.ts";
import { waitForCopies } from "./wait.ts";

const COMMANDS = [
  { name: "plan", words: [], run: plan },
  { name: "apply", words: [], run: apply },
  { name: "backup", words: ["the folder"], run: backup },
  { name: "restore", words: ["the folder"], run: restore },
  { name: "move", words: [], run: move },
  { name: "leave", words: ["the name of the nats-server"], run: leave },
  { name: "forget", words: ["the name of the nats-server"], user: "system", run: forget },
  { name: "wait", words: ["the name of the nats-server that is away"], run: waitForCopies },
  { name: "purge", words: ["the video"], run: purge },
] as const;

const given = process.argv.slice(2);
const command = COMMANDS.find(({ name }) => name === given[0]);
const isHelp = given.some((word) => word === "--help" || word === "-h");
const count = command?.words.length ?? 0;
const words = given.slice(1, 1 + count);
const config = processSettings("store", isHelp ? ["--help"] : given.slice(1 + count));
if (command === undefined) {
  const names = COMMANDS.map(({ name }) => name).join(", ");
  end(`ovation store needs one of ${names}: see --help`, EXIT_SETTINGS);
}
const missing = command.words.find((_, index) => words[index]?.startsWith("-") ?? true);
if (missing !== undefined) end(`${command.name}: ${missing} is missing`, EXIT_SETTINGS);

const user = "user" in command ? command.user : "admin";
const bus = await reach(config.natsUrl, config, user);
try {
  process.exitCode = await command.run({ bus, config, word: words[0] ?? "" });
  await bus.stop();
} catch (fault) {
  if (fault instanceof Refused) end(fault.message, EXIT_REFUSED);
  if (fault instanceof StoreChangeFailed) end(fault.message, EXIT_REFUSED);
  if (fault instanceof SnapshotFailed) end(fault.message, EXIT_REFUSED);
  if (fault instanceof OvationError && fault.code === "unavailable") {
    end("no dispatcher answers", EXIT_UNREACHABLE);
  }
  if (fault instanceof OvationError) end(`refused (${fault.code}): ${fault.message}`, EXIT_REFUSED);
  const isLate = fault instanceof Error && fault.name === "TimeoutError";
  const why = isLate ? "JetStream didn't answer; it may be choosing a leader" : String(fault);
  end(`The stores could not be used: ${why}`, EXIT_UNREACHABLE);
}
