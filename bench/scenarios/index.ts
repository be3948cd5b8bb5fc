/** All scenarios, in the order in which they are listed. */
import { capacity } from "./capacity.ts";
import { comments } from "./comments.ts";
import { connectStorm } from "./connect-storm.ts";
import { costs } from "./costs.ts";
import { dispatch } from "./dispatch.ts";
import { economy } from "./economy.ts";
import { fleet } from "./fleet.ts";
import { flood } from "./flood.ts";
import { hotComments } from "./hot-comments.ts";
import { idle } from "./idle.ts";
import { likes } from "./likes.ts";
import { manyVideos } from "./many-videos.ts";
import { peers } from "./peers.ts";
import { replay } from "./replay.ts";
import { scale } from "./scale.ts";
import type { Scenario } from "./scenario.ts";
import { soak } from "./soak.ts";
import { state } from "./state.ts";
import { votes } from "./votes.ts";

export const SCENARIOS: readonly Scenario[] = [
  likes,
  flood,
  manyVideos,
  dispatch,
  fleet,
  comments,
  hotComments,
  state,
  votes,
  connectStorm,
  idle,
  costs,
  scale,
  soak,
  replay,
  capacity,
  economy,
  peers,
];
