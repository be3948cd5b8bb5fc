/** `npm start`: runs all of Ovation on this machine until Ctrl-C. */

import { setImmediate } from "node:timers/promises";
import { StartError } from "../../kit/ending.ts";
import { emphasis, outliveReaders, say } from "../../kit/say.ts";
import { ConfigError } from "../../shared/config/load.ts";
import { banner } from "./banner.ts";
import { type Options, parseOptions } from "./options.ts";
import { Stack } from "./stack.ts";

/** Exit codes: 0 stopped by a signal, 1 failed or killed, 2 wrong options. */
const EXIT_FAILED = 1;
const EXIT_OPTIONS = 2;

/**
 * Under npm, one Ctrl-C arrives twice: once from the terminal, which signals the whole process group,
 * and once from npm, which forwards its own signal. Only a signal after this time is a second one.
 */
const SAME_SIGNAL_MS = 1_000;

function readOptions(): Options {
  try {
    const parsed = parseOptions(process.argv.slice(2), process.env);
    if (parsed.outcome === "options") return parsed.options;
    say.step(parsed.text);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    say.fault(`${error.message}\nSee npm start -- --help`);
    process.exit(EXIT_OPTIONS);
  }
}

function tellFault(error: unknown): void {
  if (!(error instanceof Error)) return say.fault(String(error));
  say.fault(error.message);
  const details = error.cause instanceof StartError ? error.cause.details : [];
  for (const line of details) say.fault(`  ${line}`);
}

async function main(): Promise<void> {
  outliveReaders();
  const stack = new Stack(readOptions(), process.env, say);
  let signalledAt: number | undefined;
  let isKilled = false;

  const stop = async () => {
    await stack.stop();
    if (isKilled) return;
    say.step("Ovation is stopped");
    process.exit(0);
  };
  const kill = async () => {
    isKilled = true;
    say.step("Killing everything");
    await stack.kill();
    process.exit(EXIT_FAILED);
  };
  const fail = (error: unknown) => {
    tellFault(error);
    process.exit(EXIT_FAILED);
  };
  const onSignal = () => {
    const now = performance.now();
    if (signalledAt === undefined) {
      signalledAt = now;
      stop().catch(fail);
    } else if (!isKilled && now - signalledAt > SAME_SIGNAL_MS) kill().catch(fail);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);

  try {
    say.step(banner(await stack.start(), emphasis));
  } catch (error) {
    // A start that was interrupted by a stop is not a failure. Ctrl-C ends the children too, and Node
    // may tell us of that before it tells us of the signal.
    await setImmediate();
    if (signalledAt !== undefined) return;
    tellFault(error);
    await stack.stop();
    process.exit(EXIT_FAILED);
  }
}

await main();
