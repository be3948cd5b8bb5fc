/** The commands that read and replace the kinds of the deployment. */
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { CommandResult } from "../../shared/protocol/commands.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  decodeKinds,
  documentOf,
  encodeKinds,
  faultText,
  parseKinds,
} from "../../shared/protocol/kinds-document.ts";
import { KINDS_KEY } from "../../shared/protocol/subjects.ts";
import type { LiveKinds } from "../../shared/runtime/live-kinds.ts";
import type { CommandHandlers } from "./commands.ts";

type KindsResult = CommandResult<"kinds.get">;

/** @param live how this dispatcher knows the kinds, which the bucket's changes tell */
export function kindsCommands(
  bucket: Pick<Bucket, "get" | "put">,
  live: Pick<LiveKinds, "kinds">,
): Pick<CommandHandlers, "kinds.get" | "kinds.put"> {
  /** What is stored; the kinds in use if nothing is, or what is can't be used. */
  async function stored(): Promise<KindsResult> {
    const entry = await attempt(() => bucket.get(KINDS_KEY));
    const parsed = entry?.value === undefined ? undefined : decodeKinds(entry.value);
    const kinds = parsed !== undefined && "kinds" in parsed ? parsed.kinds : live.kinds;
    return { document: documentOf(kinds), revision: entry?.revision ?? 0 };
  }

  return {
    "kinds.get": stored,
    "kinds.put": async ({ document }) => {
      const parsed = parseKinds(document);
      if ("faults" in parsed) {
        const text = parsed.faults.map(faultText).join("\n");
        throw new OvationError("kinds_invalid", text, { field: parsed.faults[0]?.field });
      }
      const bytes = encodeKinds(parsed.kinds);
      const before = await attempt(() => bucket.get(KINDS_KEY));
      const isSame = before?.value !== undefined && bytes.equals(before.value);
      const revision = isSame ? before.revision : await attempt(() => bucket.put(KINDS_KEY, bytes));
      return { document: documentOf(parsed.kinds), revision };
    },
  };
}

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new OvationError("unavailable", "the store of the kinds can't be reached", { cause });
  }
}
