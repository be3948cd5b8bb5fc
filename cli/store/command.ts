/** What the commands of `ovation store` have in common. */
import { Bus } from "../../shared/bus/connection.ts";
import { jetStreamReady } from "../../shared/bus/store-admin.ts";
import type { StoreConfig } from "../../shared/config/settings.ts";
import { createLog } from "../../shared/runtime/log.ts";

export const EXIT_REFUSED = 1;
export const EXIT_UNREACHABLE = 3;

/** What a command has when it runs. */
export interface StoreRun {
  readonly bus: Bus;
  readonly config: StoreConfig;
  /** Its argument, or nothing. */
  readonly word: string;
}

/** The command does nothing, or stops; the message says why and what to do. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export function end(text: string, code: number): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

/** A line for a person; a program reads the result at the end instead. */
export function say({ json }: StoreConfig, line: string): void {
  if (!json) process.stdout.write(`${line}\n`);
}

/** The result for a program. */
export function result({ json }: StoreConfig, value: object): void {
  if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
}

/**
 * Connects, or ends the process when NATS can't be reached in time.
 * @param user who manages streams, and thus waits for JetStream; `system` does not
 */
export async function reach(
  servers: readonly string[],
  config: StoreConfig,
  user: "admin" | "system" = "admin",
): Promise<Bus> {
  const { patienceMs } = config;
  const late = setTimeout(
    () =>
      end(`NATS and its JetStream could not be reached within ${patienceMs} ms`, EXIT_UNREACHABLE),
    patienceMs,
  );
  try {
    const log = createLog("store", "store", "silent");
    // The user `system` receives answers there only.
    const inbox = user === "system" ? { inbox: user } : {};
    const bus = await Bus.connect({ servers, login: config, name: "ovation-store", log, ...inbox });
    // A cluster that has just started chooses a leader first.
    if (user === "admin") await jetStreamReady(bus);
    return bus;
  } catch (fault) {
    const isDenied = /Permissions Violation/.test(String(fault));
    const why = isDenied ? "this NATS user may not manage streams: log in as admin" : String(fault);
    end(`NATS could not be used: ${why}`, EXIT_UNREACHABLE);
  } finally {
    clearTimeout(late);
  }
}
