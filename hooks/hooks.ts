/** An instance of the role that sends webhooks: what happened goes to the operator's endpoints. */
import type { HooksConfig } from "../shared/config/settings.ts";
import type { Log } from "../shared/runtime/log.ts";
import { RoleNode } from "../shared/runtime/role-node.ts";
import type { RoleContext } from "../shared/runtime/role-parts.ts";
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

  protected override async buildParts(context: RoleContext<HooksConfig>): Promise<HooksParts> {
    const { hooksAllowHttp: allowHttp, hooksAllowPrivate: allowPrivate } = context.config;
    const rules = { allowHttp, allowPrivate };
    return new HooksParts(context, await loadEndpoints(context.config, rules), rules);
  }
}
