/** What the console publishes (nothing), and what it watches of a video. */
import type { Ovation, Video } from "ovation-client";
import type { KindClasses } from "./session/use-access.ts";

/** Any kind's data may come: a deployment has its own kinds. */
export type ConsoleOvation = Ovation;
export type ConsoleVideo = Video;

/** The values of a video's state that Ovation itself keeps. */
const STATE_KINDS = ["rules", "pinned", "polls", "ended"];
/** How many kinds a filter may name. */
const FILTER_LIMIT = 64;

/** The kinds whose events can be deleted and pinned: comments, questions and the like. */
export function durableKinds(classes: KindClasses): readonly string[] {
  const names = Object.keys(classes).filter((name) => classes[name] === "durable");
  return names.slice(0, FILTER_LIMIT - STATE_KINDS.length - 1);
}

/** All but likes and the like, of which there may be thousands a second. */
export function watchedKinds(durable: readonly string[]): readonly string[] {
  return [...durable, ...STATE_KINDS, "viewers"];
}
