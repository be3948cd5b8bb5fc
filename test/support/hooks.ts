/** Instances of `ovation hooks` in this process. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hooks } from "../../hooks/hooks.ts";
import { configFor } from "../../shared/config/load.ts";
import type { HooksConfig } from "../../shared/config/settings.ts";
import type { HookEventType } from "../../shared/protocol/hooks/events.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { createLog } from "../../shared/runtime/log.ts";
import { eventually } from "./eventually.ts";
import type { HookReceiver } from "./hook-receiver.ts";
import { TEST_KINDS } from "./kinds.ts";
import { natsUrlAs } from "./nats-users.ts";
import { metric } from "./stack.ts";

export class TestHooks {
  readonly #natsUrl: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "ovation-hooks-"));
  readonly #instances: Hooks[] = [];

  constructor(natsUrl: string) {
    this.#natsUrl = natsUrl;
  }

  /** A file in a folder that goes with the instances. */
  file(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** The settings of an instance that delivers to one endpoint, named `default`. */
  settings(receiver: Pick<HookReceiver, "url" | "secret">): Partial<HooksConfig> {
    return { hooksUrl: receiver.url, hooksSecretFile: this.file("secret", receiver.secret) };
  }

  /** The same with endpoints in a file: a name that is new gets nothing of what was before. */
  endpoints(
    ...endpoints: readonly (Pick<HookReceiver, "url" | "secret"> & {
      readonly name: string;
      readonly events?: readonly HookEventType[];
    })[]
  ): Partial<HooksConfig> {
    const listed = endpoints.map(({ name, url, secret, events }) => {
      const secretFile = this.file(`${name}-secret`, secret);
      return { name, url, secretFile, ...(events === undefined ? {} : { events }) };
    });
    return { hooksFile: this.file("hooks.json", JSON.stringify({ endpoints: listed })) };
  }

  /** Starts one; with short intervals, since nothing here waits for people. */
  async start(config: Partial<HooksConfig>): Promise<Hooks> {
    const hooks = new Hooks(
      newNodeId(),
      configFor("hooks", {
        natsUrl: [natsUrlAs("hooks", this.#natsUrl)],
        opsPort: 0,
        kinds: TEST_KINDS,
        hooksRetryMinMs: 20,
        hooksRetryMaxMs: 100,
        hooksVacatedMs: 100,
        hooksLeaseMs: 1_000,
        ...config,
      }),
      createLog("hooks", "hooks", process.env["OVATION_TEST_LOG"] ?? "silent"),
    );
    this.#instances.push(hooks);
    await hooks.start();
    return hooks;
  }

  /** Starts one, and waits until it works. */
  async active(config: Partial<HooksConfig>): Promise<Hooks> {
    const hooks = await this.start(config);
    await eventually(() => hooks.isWorking);
    return hooks;
  }

  /** Stops all. @throws if one did something that its NATS user may not do */
  async stopInstances(): Promise<void> {
    const instances = this.#instances.splice(0);
    const name = "ovation_bus_permission_violations_total";
    const violations = await Promise.all(instances.map((one) => metric(one, name).catch(() => 0)));
    await Promise.all(instances.map((hooks) => hooks.stop()));
    if (violations.some((count) => count > 0)) throw new Error("NATS did not permit something");
  }

  async stop(): Promise<void> {
    await this.stopInstances();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
