/** What is attacked: NATS, a dispatcher and a gateway as processes, with the default limits. */

import { startTestNats, type TestNats } from "../../support/nats.ts";
import { type ProcessOptions, type RoleProcess, spawnStrict } from "../../support/process.ts";
import { SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";

/** How the gateway knows its clients. */
export type Access = "tokens" | "open";
export const ACCESSES: readonly Access[] = ["tokens", "open"];

export interface Target {
  readonly access: Access;
  readonly nats: TestNats;
  readonly gateway: RoleProcess;
  readonly dispatcher: RoleProcess;
  /** Where viewers connect. */
  readonly port: number;
  /** A token of {@link VIEWER} with these changes; undefined where no token is used. */
  token(claims?: Parameters<typeof tokenOf>[0]): Promise<string | undefined>;
  stop(): Promise<void>;
}

/**
 * Starts a stack to attack.
 * @param flags of the gateway, beside its defaults
 * @param limits of its process
 */
export async function startTarget(
  access: Access,
  flags: readonly string[] = [],
  limits: ProcessOptions = {},
): Promise<Target> {
  const nats = await startTestNats();
  const started: RoleProcess[] = [];
  const stop = async () => {
    for (const role of started) await role.kill9();
    await nats.stop();
  };
  try {
    const dispatcher = await spawnStrict("dispatcher", nats.url, []);
    started.push(dispatcher);
    const auth = access === "open" ? "--open" : `--auth-secret=${SECRET}`;
    const gateway = await spawnStrict("gateway", nats.url, [auth, ...flags], limits);
    started.push(gateway);
    const token = async (claims = {}) =>
      access === "open" ? undefined : await tokenOf({ ...VIEWER, ...claims });
    return { access, nats, gateway, dispatcher, port: gateway.port, token, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
