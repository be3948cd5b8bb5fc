/** Structured logs by pino: one JSON object per line on standard output. */
import { type Logger, pino } from "pino";
import { standardLogOutput } from "./log-output.ts";

export type { Logger } from "pino";

/** The logger that parts get. */
export type Log = Pick<Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal">;

/**
 * Creates the process's logger. Fields that could hold a secret are removed by name, wherever a
 * caller might put them.
 */
export function createLog(role: string, node: string, level: string): Logger {
  const options = {
    level,
    base: { role, node },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ["token", "*.token", "authorization", "*.authorization"], remove: true },
  };
  return pino(options, standardLogOutput());
}

/** A log that says nothing, for tests. */
export const silentLog: Log = pino({ level: "silent" });
