/** Runs one role as a process: configuration, log, signals, exit codes. */
import { processSettings } from "../config/process-settings.ts";
import { redactedConfig } from "../config/redact.ts";
import type { ConfigByRole, Role } from "../config/roles.ts";
import { newNodeId } from "../protocol/names.ts";
import type { Component } from "./lifecycle.ts";
import { createLog, type Log, setLevel } from "./log.ts";
import { standardLogOutput } from "./log-output.ts";
import { VERSION } from "./version.ts";

/** Exit codes: 0 stopped on request, 1 failed, and EXIT_SETTINGS for wrong settings. */
const EXIT_FAILED = 1;
/** How long an exit may wait for the log's reader. */
const FLUSH_MS = 500;

type MakeRole<R extends Role> = (id: string, config: ConfigByRole[R], log: Log) => Component;

/** Resolves when the work is done or the time is up, whichever is first. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeUp]);
  clearTimeout(timer);
}

/**
 * Runs the role until SIGTERM, SIGINT, or the exit of a parent that spawned it with an IPC channel.
 * A second signal exits at once; a drain, and then the stop, get up to `drainMs` each.
 */
export async function runRole<R extends Role>(role: R, make: MakeRole<R>): Promise<void> {
  const config = processSettings(role);
  const id = newNodeId();
  const log = createLog(role, id, config.logLevel);
  log.info({ version: VERSION, config: redactedConfig(role, config) }, "starting");
  const component = make(id, config, log);
  const output = standardLogOutput();
  let stopping = false;
  let isFailing = false;

  const exit = (code: number) => {
    if (output.isFlushed) process.exit(code);
    void output.flushed(FLUSH_MS).then(() => process.exit(code));
  };
  const fail = (reason: string) => (error: unknown) => {
    if (isFailing) return; // Errors that follow from the first would only hide it.
    isFailing = true;
    log.fatal({ err: error }, reason);
    exit(EXIT_FAILED);
  };
  const stop = async (why: string) => {
    if (stopping) process.exit(EXIT_FAILED);
    stopping = true;
    log.info({ why }, "stopping");
    await within(config.drainMs, component.drain());
    await within(config.drainMs, component.stop());
    exit(0);
  };
  const stopOn = (why: string) => () => void stop(why).catch(fail("could not stop"));

  process.on("uncaughtException", fail("uncaught exception"));
  process.on("unhandledRejection", fail("unhandled rejection"));
  process.on("SIGTERM", stopOn("SIGTERM"));
  process.on("SIGINT", stopOn("SIGINT"));
  void component.stopRequested?.then((why) => stopOn(why)());
  // A role that has nothing to reload must not end by it.
  process.on("SIGHUP", () => component.reload?.());
  process.on("SIGUSR2", () => {
    setLevel(log, log.level === "debug" ? config.logLevel : "debug", "SIGUSR2");
  });
  if (process.channel !== undefined) process.on("disconnect", stopOn("parent gone"));
  // The parent may be gone before we listened.
  if (process.send !== undefined && !process.connected) stopOn("parent gone")();
  await component.start().catch(fail("could not start"));
}
