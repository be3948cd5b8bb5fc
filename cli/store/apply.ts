/** `ovation store plan` and `apply`: the stores become as the settings say. */
import { applyStores, planStores } from "../../shared/bus/store-admin.ts";
import { EXIT_REFUSED, Refused, result, type StoreRun, say } from "./command.ts";
import { lossText, planText, stepText } from "./plan-text.ts";

export async function plan({ bus, config }: StoreRun): Promise<number> {
  const steps = await planStores(bus, config);
  say(config, planText(steps));
  result(config, { steps });
  return steps.length === 0 ? 0 : EXIT_REFUSED;
}

/** @throws StoreChangeFailed, Refused */
export async function apply({ bus, config }: StoreRun): Promise<number> {
  const steps = await planStores(bus, config);
  const isLossy = steps.some(({ losses }) => losses.length > 0);
  if (isLossy && !config.allowLoss) {
    throw new Refused(`${planText(steps)}\n${lossText(steps)}\nNothing was changed.`);
  }
  say(config, planText(steps));
  await applyStores(bus, config, {
    steps,
    waitMs: config.copiesWaitMs,
    onDone: (step) => say(config, `done: ${stepText(step)}`),
  });
  result(config, { applied: steps });
  return 0;
}
