/** One client for one purpose, however often the module that asks for it is loaded. */
import { Ovation } from "./client.ts";
import type { OvationOptions } from "./options.ts";

/** Global, so that it outlives this module too. */
const registry = globalThis as { [CLIENTS]?: Map<string, Ovation> };
const CLIENTS: unique symbol = Symbol.for("ovation-client") as never;

/**
 * The client of these options: made at the first call, the same one for each further call with the
 * same options. For a client that is made beside a component: hot reload runs its module again, and
 * `new Ovation(…)` would open another connection each time. Functions are not compared: those of the
 * first call are used until the page is loaded again.
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
  // What its kinds carry is known to the compiler only.
  return client as unknown as Ovation<Kinds>;
}
