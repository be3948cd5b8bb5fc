/** A deployment's rules as clients get them, so that they can check before they send. */
import type { GatewayConfig } from "../../shared/config/settings.ts";
import type { KindTable } from "../../shared/protocol/kinds.ts";
import type { DeploymentRules } from "../../shared/protocol/wire/messages.ts";

/**
 * @param table the kinds at this moment
 * @returns the rules at the moment of each call
 */
export function deploymentRules(
  config: Pick<GatewayConfig, "dataLimitBytes" | "messageLimitBytes">,
  table: () => KindTable,
): () => DeploymentRules {
  const { dataLimitBytes: dataBytes, messageLimitBytes: messageBytes } = config;
  const limits = { dataBytes, messageBytes };
  let of: KindTable | undefined;
  let rules: DeploymentRules = { limits, kinds: {} };
  return () => {
    const now = table();
    // Thousands may connect in a second.
    if (now === of) return rules;
    of = now;
    const kinds = now.publishable.flatMap((name) => now.get(name) ?? []);
    const classes = kinds.map(({ name, deliveryClass }) => [name, deliveryClass]);
    rules = { limits, kinds: Object.fromEntries(classes) };
    return rules;
  };
}
