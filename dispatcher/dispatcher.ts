/**
 * A dispatcher: it takes publish requests off the queue group and sends each event only to the
 * gateways that have viewers for it.
 */
import type { DispatcherConfig } from "../shared/config/settings.ts";
import type { Log } from "../shared/runtime/log.ts";
import { RoleNode } from "../shared/runtime/role-node.ts";
import type { RoleContext } from "../shared/runtime/role-parts.ts";
import { DispatcherParts } from "./parts.ts";
import { loadHttpReviewer } from "./review/reviewer.ts";
import { RouteTable } from "./table/routes.ts";

export class Dispatcher extends RoleNode<DispatcherConfig, DispatcherParts> {
  /** The table as this dispatcher sees it. */
  readonly routes = new RouteTable();

  constructor(id: string, config: DispatcherConfig, log: Log) {
    super("dispatcher", id, config, log);
  }

  protected override async buildParts(
    context: RoleContext<DispatcherConfig>,
  ): Promise<DispatcherParts> {
    const reviewer = await loadHttpReviewer(context.config);
    return new DispatcherParts(context, this.routes, reviewer);
  }
}
