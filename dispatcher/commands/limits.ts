/** The command that changes a limit of the gateways for a time. */
import type { Bucket } from "../../shared/bus/bucket.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  decodeLiveLimits,
  encodeLiveLimits,
  type LiveLimit,
} from "../../shared/protocol/live-limits.ts";
import { LIMITS_KEY } from "../../shared/protocol/subjects.ts";
import type { CommandHandlers } from "./commands.ts";

/** Others may change another limit at the same time. */
const TRIES = 5;

export function limitsCommands(
  bucket: Pick<Bucket, "get" | "put">,
  wallClock: () => number,
): Pick<CommandHandlers, "limits.put"> {
  async function change(of: (limits: readonly LiveLimit[]) => LiveLimit[]): Promise<LiveLimit[]> {
    const entry = await bucket.get(LIMITS_KEY);
    const ended = ({ untilMs }: LiveLimit) => untilMs <= wallClock();
    const limits = of(decodeLiveLimits(entry?.value).filter((one) => !ended(one)));
    await bucket.put(LIMITS_KEY, encodeLiveLimits(limits), entry?.revision ?? 0);
    return limits;
  }

  return {
    "limits.put": async ({ name, perSecond, forMs }, { by }) => {
      for (let tries = 1; ; tries += 1) {
        try {
          const limits = await change((others) => [
            ...others.filter((one) => one.name !== name),
            ...(perSecond === undefined
              ? []
              : [{ name, perSecond, untilMs: wallClock() + forMs, ...(by ? { by } : {}) }]),
          ]);
          return { limits };
        } catch (cause) {
          if (cause instanceof RevisionConflict && tries < TRIES) continue;
          throw new OvationError("unavailable", "the limits can't be stored", { cause });
        }
      }
    },
  };
}
