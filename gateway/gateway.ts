/** A gateway: it holds viewers' connections and brings them the events of the videos that they watch. */
import type { GatewayConfig } from "../shared/config/settings.ts";
import type { Log } from "../shared/runtime/log.ts";
import { RoleNode } from "../shared/runtime/role-node.ts";
import type { RoleContext } from "../shared/runtime/role-parts.ts";
import { createAuth } from "./auth/create.ts";
import { GatewayParts } from "./parts.ts";

export class Gateway extends RoleNode<GatewayConfig, GatewayParts> {
  constructor(id: string, config: GatewayConfig, log: Log) {
    super("gateway", id, config, log);
  }

  /** Where viewers connect, once started. */
  get port(): number {
    return this.parts?.port ?? 0;
  }

  /** Reads the files of the certificate and of API keys again. */
  reload(): void {
    this.parts?.reload();
  }

  protected override async buildParts(context: RoleContext<GatewayConfig>): Promise<GatewayParts> {
    return new GatewayParts(context, await createAuth(context));
  }
}
