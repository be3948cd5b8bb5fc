/** An instance of the role that sends webhooks: what happened goes to the operator's endpoints. */
import type { HooksConfig } from "../shared/config/settings.ts";
import type { Log } from "../shared/runtime/log.ts";
import { RoleNode } from "../shared/runtime/role-node.ts";
import type { RoleContext } from "../shared/runtime/role-parts.ts";
import type { AddressRules } from "./delivery/address-rules.ts";
import { loadEndpoints } from "./endpoints.ts";
import { HooksParts } from "./parts.ts";

export class Hooks extends RoleNode<HooksConfig, HooksParts> {
  constructor(id: string, config: HooksConfig, log: Log) {
    super("hooks", id, config, log);
  }

  /** Whether it is this instance that works, and all sources are followed. */
  get isWorking(): boolean {
    return this.parts?.isWorking ?? false;
  }

  /** @throws Error that names the setting or the field, before it waits for NATS */
  override async start(): Promise<void> {
    await loadEndpoints(this.config, addressRules(this.config));
    await super.start();
  }

  protected override async buildParts(context: RoleContext<HooksConfig>): Promise<HooksParts> {
    const rules = addressRules(context.config);
    return new HooksParts(context, await loadEndpoints(context.config, rules), rules);
  }
}

function addressRules({ hooksAllowHttp, hooksAllowPrivate }: HooksConfig): AddressRules {
  return { allowHttp: hooksAllowHttp, allowPrivate: hooksAllowPrivate };
}
