/**
 * The hands of who is on call: where a video's or an actor's viewers are, disconnecting them, draining a
 * gateway. It speaks to the gateways over NATS, as the user admin.
 *
 *   node cli/ops/main.ts who video launch --nats-url nats://admin:…@127.0.0.1:4222
 *   node cli/ops/main.ts disconnect actor anna --nats-url …
 *
 * Exit codes: 0 done, 1 there is no such viewer or gateway, 2 wrong settings, 3 NATS could not be reached.
 */
import { Bus } from "../../shared/bus/connection.ts";
import { EXIT_SETTINGS, processSettings } from "../../shared/config/process-settings.ts";
import { createLog } from "../../shared/runtime/log.ts";
import { disconnect, drain, whoActor, whoVideo } from "./gateways.ts";
import { changeLimit } from "./limit.ts";

const EXIT_UNREACHABLE = 3;

/** By their words; the last word is what it is about. */
const COMMANDS = [
  { words: ["who", "video"], run: whoVideo },
  { words: ["who", "actor"], run: whoActor },
  { words: ["disconnect", "actor"], run: disconnect("actor") },
  { words: ["disconnect", "connection"], run: disconnect("connection") },
  { words: ["drain"], run: drain },
  { words: ["limit"], run: changeLimit },
] as const;

function end(text: string, code: number): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

const given = process.argv.slice(2);
const command = COMMANDS.find(({ words }) => words.every((word, index) => given[index] === word));
const isHelp = given.some((word) => word === "--help" || word === "-h");
const flagsFrom = (command?.words.length ?? 0) + 1;
const config = processSettings("ops", isHelp ? ["--help"] : given.slice(flagsFrom));
if (command === undefined) {
  const all = COMMANDS.map(({ words }) => words.join(" ")).join(", ");
  end(`ovation ops needs one of ${all}: see --help`, EXIT_SETTINGS);
}
const about = given[flagsFrom - 1];
if (about === undefined || about.startsWith("-")) {
  end(`${command.words.join(" ")}: what it is about is missing: see --help`, EXIT_SETTINGS);
}

const late = setTimeout(
  () => end(`NATS could not be reached within ${config.patienceMs} ms`, EXIT_UNREACHABLE),
  config.patienceMs,
);
try {
  const bus = await Bus.connect({
    servers: config.natsUrl,
    login: config,
    name: "ovation-ops",
    log: createLog("ops", "ops", "silent"),
  });
  clearTimeout(late);
  const { lines, value, code } = await command.run(bus, config, about);
  await bus.stop();
  process.stdout.write(config.json ? `${JSON.stringify(value)}\n` : `${lines.join("\n")}\n`);
  process.exitCode = code;
} catch (fault) {
  end(`The gateways could not be asked: ${String(fault)}`, EXIT_UNREACHABLE);
}
