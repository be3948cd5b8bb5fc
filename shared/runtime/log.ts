/** Structured logs by pino: one JSON object per line on standard output. */
import { type Logger, pino } from "pino";
import type { LogLevel } from "../config/log-levels.ts";
import { standardLogOutput } from "./log-output.ts";

export type { Logger } from "pino";

/** The logger that parts get. */
export type Log = Pick<Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "level">;

/**
 * Creates the process's logger. Fields that could hold a secret are removed by name, wherever a
 * caller might put them.
 */
export function createLog(role: string, node: string, level: string): Logger {
  const options = {
    level,
    formatters: { level: (label: string) => ({ level: label }) },
    base: { role, node },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ["token", "*.token", "authorization", "*.authorization"], remove: true },
  };
  return pino(options, standardLogOutput());
}

/**
 * Changes what is logged from now on, and says so at every level.
 * @param by what asked for it
 */
export function setLevel(log: Log, level: LogLevel, by: string): void {
  const before = log.level;
  log.level = "info";
  log.info({ from: before, to: level, by }, "the log's level changes");
  log.level = level;
}

/** A log that says nothing, for tests. */
export const silentLog: Log = pino({ level: "silent" });
