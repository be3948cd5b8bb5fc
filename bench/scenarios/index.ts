/** All scenarios, in the order in which they are told. */
import { comments } from "./comments.ts";
import { dispatch } from "./dispatch.ts";
import { flood } from "./flood.ts";
import { likes } from "./likes.ts";
import type { Scenario } from "./scenario.ts";

export const SCENARIOS: readonly Scenario[] = [likes, flood, dispatch, comments];
