/** A deployment's rules as clients get them, so that they can check before they send. */
import type { GatewayConfig } from "../../shared/config/settings.ts";
import type { DeploymentRules } from "../../shared/protocol/wire/messages.ts";

export function deploymentRules({
  kinds,
  dataLimitBytes: dataBytes,
  messageLimitBytes: messageBytes,
}: Pick<GatewayConfig, "kinds" | "dataLimitBytes" | "messageLimitBytes">): DeploymentRules {
  return {
    limits: { dataBytes, messageBytes },
    kinds: Object.fromEntries(kinds.map(({ name, deliveryClass }) => [name, deliveryClass])),
  };
}
