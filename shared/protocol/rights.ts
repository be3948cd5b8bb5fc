/** How the rights in a token or of an API key are written. */
import { isBuiltIn, KIND_PATTERN } from "./kinds.ts";
import { rightOf, VIDEO_GLOB } from "./video-patterns.ts";

/**
 * - `moderate`: delete durable events, and send commands.
 * - `any-actor`: publish in anyone's name.
 * - `observe`: watch without being counted as a viewer.
 * - `trusted`: publish what is not reviewed.
 */
export type Scope = "moderate" | "any-actor" | "observe" | "trusted";
export const SCOPES: readonly Scope[] = ["moderate", "any-actor", "observe", "trusted"];

/** A scope; `moderate` may be for some videos, such as `moderate@team-*`. */
export function isScope(text: string): boolean {
  const { name, pattern } = rightOf(text);
  if (name === "moderate") return VIDEO_GLOB.test(pattern);
  return SCOPES.some((scope) => scope === text);
}

/**
 * The name of a kind that can be published, or `*` for all; perhaps on some videos only, such as
 * `comment@launch`.
 */
export function isKindPattern(text: string): boolean {
  const { name, pattern } = rightOf(text);
  if (!VIDEO_GLOB.test(pattern)) return false;
  return name === "*" || (KIND_PATTERN.test(name) && !isBuiltIn(name));
}
