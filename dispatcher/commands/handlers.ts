/** Which part of the dispatcher carries out which command. */
import type { LiveRules } from "../../shared/protocol/events.ts";
import { VideoPatterns } from "../../shared/protocol/video-patterns.ts";
import type { LiveKinds } from "../../shared/runtime/live-kinds.ts";
import type { Erasure } from "../erasure/erasure.ts";
import type { Moderation } from "../moderation/moderation.ts";
import { putRules } from "../moderation/put-rules.ts";
import { endVideo } from "../state/end-video.ts";
import type { EndedVideos } from "../state/ended-videos.ts";
import type { VideoStates } from "../state/video-states.ts";
import type { Stores } from "../stores/stores.ts";
import { mostViewed } from "../table/most-viewed.ts";
import type { RouteTable } from "../table/routes.ts";
import { setTotals } from "../totals/set-totals.ts";
import type { Totals } from "../totals/totals.ts";
import type { Votes } from "../votes/votes.ts";
import type { CommandHandlers } from "./commands.ts";
import { kindsCommands } from "./kinds.ts";
import { limitsCommands } from "./limits.ts";

/** The parts that carry out commands. */
interface CommandParts {
  readonly stores: Stores;
  readonly kinds: LiveKinds;
  readonly rules: LiveRules;
  readonly routes: RouteTable;
  readonly totals: Totals;
  readonly states: VideoStates;
  readonly ended: EndedVideos;
  readonly votes: Votes;
  readonly erasure: Erasure;
  readonly moderation: Moderation;
}

export function commandHandlers(parts: CommandParts): CommandHandlers {
  return {
    ...kindsCommands(parts.stores.kinds, parts.kinds),
    ...limitsCommands(parts.stores.kinds, Date.now),
    ...ofVideos(parts),
    ...ofRoom(parts),
  };
}

/** About videos and their numbers. */
function ofVideos(parts: CommandParts): CommandHandlers {
  const { kinds, routes, totals, states, ended, votes, erasure } = parts;
  return {
    "totals.set": async (input, { video }) => ({
      totals: await setTotals({ totals, kinds: kinds.table }, video, input.totals),
    }),
    "video.erase": async (_input, { video }) => ({ events: await erasure.eraseVideo(video) }),
    "actor.erase": async ({ actor, after }) => await erasure.eraseActor(actor, after),
    "video.end": async (_input, { video }) => ({ ended: await endVideo(ended, states, video) }),
    "viewers.count": async ({ videos }) => ({
      viewers: videos.map((video) => routes.viewers(video)),
    }),
    "viewers.rank": async ({ videos, limit }) => ({
      videos: (await mostViewed(routes, new VideoPatterns(videos), limit)).map((one) => ({
        ...one,
        gateways: routes.gatewayCount(one.video),
      })),
    }),
    "poll.put": async ({ poll, ...input }, { video }) => ({
      poll: await votes.put(video, poll, input),
    }),
  };
}

/** What moderators do in a video's room. */
function ofRoom({ states, rules, moderation }: CommandParts): CommandHandlers {
  const { banKeeper, pins, retractions } = moderation;
  return {
    "ban.put": async (input, { video, by }) => ({ ban: await banKeeper.put(video, by, input) }),
    "ban.delete": async ({ actor }, { video }) => ({ ban: await banKeeper.delete(video, actor) }),
    "rules.put": async (given, { video }) => ({
      rules: await putRules(states, rules, video, given),
    }),
    "pin.put": async ({ id }, { video }) => ({ pinned: await pins.pin(video, id) }),
    "pin.delete": async (_input, { video }) => {
      await pins.unpin(video);
      return {};
    },
    "actor.retract": async ({ actor }, { video }) => ({
      events: await retractions.retractActor(video, actor),
    }),
  };
}
