/** Carries out `totals.set`: sets totals of a video, for those who come from another system. */
import { asOvationError, OvationError } from "../../shared/protocol/errors.ts";
import type { KindTable } from "../../shared/protocol/kinds.ts";
import { kindRefusal, variantFault } from "../../shared/protocol/publishable.ts";
import type { Totals as ShownTotals } from "../../shared/protocol/totals/totals.ts";
import type { Totals } from "./totals.ts";

interface Parts {
  readonly totals: Pick<Totals, "set">;
  readonly kinds: Pick<KindTable, "get" | "publishable">;
}

/**
 * @param given by kind, or by kind and variant; totals that aren't named stay
 * @returns all totals of the video
 * @throws OvationError kind_unknown, kind_reserved, field_invalid, variant_invalid, variant_unknown,
 * variants_exceeded; timeout when they may have been set
 */
export async function setTotals(
  { totals, kinds }: Parts,
  video: string,
  given: ShownTotals,
): Promise<ShownTotals> {
  for (const name of Object.keys(given)) check(name, kinds);
  try {
    return await totals.set(video, given);
  } catch (cause) {
    const error = asOvationError(cause);
    throw error.code === "internal" ? new OvationError("timeout", undefined, { cause }) : error;
  }
}

function check(name: string, kinds: Parts["kinds"]): void {
  const field = `totals.${name}`;
  const colon = name.indexOf(":");
  const kind = colon < 0 ? name : name.slice(0, colon);
  const refusal = kindRefusal(kind, kinds.publishable);
  if (refusal !== undefined) {
    throw new OvationError(refusal.code, `${field}: ${kind} is no kind with totals`, { field });
  }
  const { deliveryClass, variants } = kinds.get(kind) ?? {};
  if (deliveryClass !== "transient" && deliveryClass !== "durable") {
    const text = `${field}: events of class ${deliveryClass} have no totals`;
    throw new OvationError("field_invalid", text, { field });
  }
  if (colon < 0) return;
  const variant = name.slice(colon + 1);
  if (variants === undefined || (variants !== "any" && !variants.includes(variant))) {
    throw new OvationError("variant_unknown", `${field}: ${kind} has no such variant`, { field });
  }
  const fault = variantFault(variant);
  if (fault !== undefined)
    throw new OvationError("variant_invalid", `${field}: ${fault}`, { field });
}
