/** `ovation hooks resume` and `replay`: change how far endpoints are. */
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import {
  decodeEndpoint,
  type EndpointProgress,
  encodeProgress,
  endpointKey,
} from "../../shared/protocol/hooks/progress.ts";
import { Refused } from "./refused.ts";
import type { HooksStores } from "./stores.ts";

/** The instance that works may write at the same moment. */
const RACES_LIMIT = 100;

/** @throws Refused */
async function change(
  { bucket }: HooksStores,
  endpoint: string,
  edit: (progress: EndpointProgress) => EndpointProgress,
): Promise<void> {
  for (let race = 0; race < RACES_LIMIT; race += 1) {
    const entry = await bucket.get(endpointKey(endpoint));
    const progress = decodeEndpoint(entry?.value);
    if (progress === undefined) throw new Refused(`there is no endpoint ${endpoint}`);
    try {
      await bucket.put(endpointKey(endpoint), encodeProgress(edit(progress)), entry?.revision);
      return;
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
    }
  }
  throw new Refused(`${endpoint}: its progress changes all the time; try again`);
}

/** An endpoint that answered 410 gets webhooks again. @throws Refused */
export async function resume(stores: HooksStores, endpoint: string): Promise<string> {
  await stores.endpoints(endpoint);
  await change(stores, endpoint, (progress) => ({ ...progress, goneAt: null }));
  return `${endpoint} gets webhooks again.\n`;
}

/** Endpoints get again what was stored since a time. @throws Refused */
export async function replay(
  stores: HooksStores,
  { since, endpoint }: { readonly since: number; readonly endpoint: string | undefined },
): Promise<string> {
  const endpoints = await stores.endpoints(endpoint);
  const sequence = await stores.events.sequenceAt(since);
  const { epoch, first, last } = await stores.events.extent();
  const oldest = await stores.events.next(first);
  for (const name of endpoints.keys()) {
    await change(stores, name, ({ generation, goneAt }) => ({
      epoch,
      // What remains of the first messages may be at places before those that are there.
      position: sequence <= first ? 0 : sequence - 1,
      batch: null,
      generation: generation + 1,
      goneAt,
    }));
  }
  const names = [...endpoints.keys()].join(", ");
  const isCut = oldest !== undefined && sequence <= first && oldest.storedAt > since;
  const cut = isCut ? " Events before that are no longer kept." : "";
  return `${last - sequence + 1} messages are delivered again to ${names}.${cut}\n`;
}
