/** Keeps one client for the same options, however often the calling module is loaded. */
import { Ovation } from "./client.ts";
import type { OvationOptions } from "./options.ts";

/** Global, so that it outlives this module too. */
const registry = globalThis as { [CLIENTS]?: Map<string, Ovation> };
const CLIENTS: unique symbol = Symbol.for("ovation-client") as never;

/**
 * Returns the client for these options: the first call creates it, and later calls with the same
 * options return the same one. Use it for a client that a component's module creates: hot reload
 * runs the module again, and `new Ovation(…)` would open another connection each time. Functions are
 * not compared: those of the first call are used until the page is loaded again.
 *
 * @throws TypeError as the constructor of {@link Ovation} does
 * @example
 * const ovation = ovationFor({ url: "https://live.example.com" });
 */
export function ovationFor<Kinds extends object = object>(options: OvationOptions): Ovation<Kinds> {
  registry[CLIENTS] ??= new Map();
  const clients = registry[CLIENTS];
  const key = JSON.stringify(options, Object.keys(options).sort());
  const known = clients.get(key);
  const client = known ?? new Ovation(options);
  clients.set(key, client);
  // `Kinds` exists only for the compiler.
  return client as unknown as Ovation<Kinds>;
}
