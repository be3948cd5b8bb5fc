/** What is shown of an event: others published it, so its data may be anything. */
import type { OvationEvent } from "ovation-client";
import type { Comment } from "./feed.ts";

const TEXT_LENGTH = 2_000;
const NAME_LENGTH = 64;

type Given = Pick<OvationEvent, "id" | "kind" | "at" | "data"> & {
  readonly actor?: string | undefined;
  readonly seq?: number | undefined;
};

export function commentOf({ id, kind, at, actor, seq, data }: Given): Comment {
  const { name, text } = (typeof data === "object" && data !== null ? data : {}) as {
    readonly name?: unknown;
    readonly text?: unknown;
  };
  const words = typeof text === "string" ? text : data;
  const isNamed = typeof name === "string" && name.trim() !== "" && name !== actor;
  return {
    id,
    kind,
    at,
    actor,
    // Only an author under a shadow gets its own events without one.
    seq: seq ?? Number.MAX_SAFE_INTEGER,
    name: isNamed ? name.slice(0, NAME_LENGTH) : undefined,
    text: (typeof words === "string" ? words : plain(words)).slice(0, TEXT_LENGTH),
  };
}

function plain(data: unknown): string {
  return data === undefined ? "" : JSON.stringify(data);
}

/** Who wrote it, as it is shown. */
export function authorOf({ name, actor }: Pick<Comment, "name" | "actor">): string {
  return name ?? actor ?? "Nobody known";
}
