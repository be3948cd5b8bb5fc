/** The data of this page's events. It comes from others, so it may be anything. */
import type { Ovation, Video } from "ovation-client";
import type { ProbeData } from "../contract.ts";

export interface DemoKinds {
  comment: CommentData;
  like: undefined;
  react: { readonly variant: string };
  probe: ProbeData;
}

export interface CommentData {
  readonly name: string;
  readonly text: string;
}

export type DemoOvation = Ovation<DemoKinds>;
export type DemoVideo = Video<DemoKinds>;

export const NAME_LENGTH = 32;
export const TEXT_LENGTH = 280;

/** What is shown of a comment: a backend or a terminal may have sent any data. */
export function commentOf(data: unknown): CommentData {
  const { name, text } = (typeof data === "object" && data !== null ? data : {}) as {
    readonly name?: unknown;
    readonly text?: unknown;
  };
  return {
    name: typeof name === "string" && name !== "" ? name.slice(0, NAME_LENGTH) : "Somebody",
    text: typeof text === "string" ? text.slice(0, 4 * TEXT_LENGTH) : plain(data),
  };
}

function plain(data: unknown): string {
  return typeof data === "string" ? data : (JSON.stringify(data) ?? "");
}
