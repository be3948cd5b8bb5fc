/**
 * The kinds of a deployment: prints them, or replaces them while everything runs.
 *
 *   node cli/kinds/main.ts --nats-url nats://publisher:…@127.0.0.1:4222
 *   node cli/kinds/main.ts apply kinds.yaml --nats-url …
 *
 * Exit codes: 0 done, 1 refused, 2 wrong settings, 3 no dispatcher could be reached.
 */
import { Bus } from "../../shared/bus/connection.ts";
import { EXIT_SETTINGS, processSettings } from "../../shared/config/process-settings.ts";
import {
  type CommandInput,
  type CommandResult,
  encodeCommand,
  resultOf,
} from "../../shared/protocol/commands.ts";
import { asOvationError } from "../../shared/protocol/errors.ts";
import { commandSubject, NO_VIDEO } from "../../shared/protocol/subjects.ts";
import { createLog } from "../../shared/runtime/log.ts";
import { FileRefused, readKinds, writtenKinds } from "./document.ts";

const EXIT_REFUSED = 1;
const EXIT_UNREACHABLE = 3;
const ANSWER_MS = 5_000;

function end(text: string, code: number): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

const given = process.argv.slice(2);
const isApply = given[0] === "apply";
const file = given[1];
if (isApply && (file === undefined || file.startsWith("-"))) {
  end("apply: the file is missing", EXIT_SETTINGS);
}
const config = processSettings("kinds", given.slice(isApply ? 2 : 0));
const late = setTimeout(
  () => end(`NATS could not be reached within ${config.patienceMs} ms`, EXIT_UNREACHABLE),
  config.patienceMs,
);
try {
  const document = isApply ? await readKinds(file ?? "") : undefined;
  const bus = await Bus.connect({
    servers: config.natsUrl,
    login: config,
    inbox: "publisher",
    name: "ovation-kinds",
    log: createLog("kinds", "kinds", "silent"),
  });
  clearTimeout(late);
  const result = await (isApply
    ? send(bus, "kinds.put", { document })
    : send(bus, "kinds.get", {}));
  await bus.stop();
  const text = isApply
    ? `The kinds are applied, as revision ${result.revision}.\n`
    : writtenKinds(result.document, result.revision);
  process.stdout.write(text);
} catch (fault) {
  if (fault instanceof FileRefused) end(fault.message, EXIT_REFUSED);
  const { code, message } = asOvationError(fault);
  if (code === "unavailable" || code === "timeout") {
    end(`no dispatcher answered (${code}); the kinds may not be changed`, EXIT_UNREACHABLE);
  }
  end(code === "internal" ? String(fault) : `refused (${code}): ${message}`, EXIT_REFUSED);
}

async function send<Op extends "kinds.get" | "kinds.put">(
  bus: Bus,
  op: Op,
  input: CommandInput<Op>,
): Promise<CommandResult<Op>> {
  const request = encodeCommand(op, input);
  return resultOf(op, await bus.request(commandSubject(NO_VIDEO), request, ANSWER_MS));
}
