/** What `restore` and `move` have in common: streams are put in the place of others. */
import type { Bus } from "../../shared/bus/connection.ts";
import { isWritten, messagesOf } from "../../shared/bus/store-transfer.ts";
import type { StoreConfig } from "../../shared/config/settings.ts";
import { Refused } from "./command.ts";

/**
 * Refuses where it would go wrong, before anything is changed.
 * @throws Refused
 */
export async function checkTarget(
  bus: Bus,
  config: StoreConfig,
  streams: readonly string[],
): Promise<void> {
  await checkUnwritten(bus, "there");
  const full: string[] = [];
  for (const stream of streams) {
    const messages = (await messagesOf(bus, stream)) ?? 0;
    if (messages > 0) full.push(`${stream} (${messages} messages)`);
  }
  if (full.length === 0 || config.allowLoss) return;
  throw new Refused(
    `There is something already in ${full.join(", ")}: repeat it with --allow-loss to replace it. Nothing was changed.`,
  );
}

/** @throws Refused while a dispatcher answers */
export async function checkUnwritten(bus: Bus, where: string): Promise<void> {
  if (!(await isWritten(bus))) return;
  throw new Refused(
    `A dispatcher runs ${where}, and would write meanwhile: stop all of them first. Nothing was changed.`,
  );
}

/** What to say when a stream has arrived. */
export function arrivedText(stream: string, saved: number, arrived: number): string {
  const fewer = arrived < saved ? `; ${saved - arrived} were too old to be kept` : "";
  return `${stream}: ${arrived} messages${fewer}`;
}
