/** What a moderator can do on a video, in words, with what takes it back. */
import {
  type Ban,
  type BanOptions,
  OvationError,
  type Poll,
  type RoomRules,
  type Video,
} from "ovation-client";
import { authorOf } from "../comments/comment-of.ts";
import type { Comment } from "../comments/feed.ts";
import { forWords } from "../parts/words.ts";
import { ApiError, type Request } from "../session/api.ts";
import type { Act } from "./act-log.ts";

type Moderated = Pick<Video, "id" | "moderate">;
type Author = Pick<Comment, "actor" | "name">;

type BanMode = BanOptions["mode"];
/** How to say what a mode does. */
const MODE_WORDS: Readonly<Record<BanMode, { doing: string; done: string; undo: string }>> = {
  mute: { doing: "Muting", done: "Muted", undo: "may comment again" },
  ban: { doing: "Banning", done: "Banned", undo: "may watch and comment again" },
  shadow: { doing: "Shadowing", done: "Shadowed", undo: "is seen by others again" },
};

/** What a new poll is to be like. */
export interface NewPoll {
  readonly question: string;
  readonly choices: readonly string[];
  readonly openMs: number;
  readonly changeable: boolean;
  readonly results: Poll["results"];
}

export class ModeratorActs {
  readonly #video: Moderated;
  readonly #request: Request;

  constructor(video: Moderated, request: Request) {
    this.#video = video;
    this.#request = request;
  }

  /** At once and for good, as moderators of Twitch do: it can't be undone. */
  delete(comment: Comment): Act {
    const what = `the comment of ${authorOf(comment)}`;
    return {
      doing: `Deleting ${what} …`,
      done: `Deleted ${what}, for good`,
      failed: `${capital(what)} is not deleted`,
      about: comment.id,
      work: async () => await this.#video.moderate.delete(comment.id),
    };
  }

  deleteAllOf(actor: string, author: Author): Act {
    const what = `all comments of ${authorOf(author)}`;
    return {
      doing: `Deleting ${what} …`,
      done: `Deleted ${what}, for good`,
      failed: `Not ${what} are deleted`,
      work: async () => void (await this.#video.moderate.deleteAllOf(actor)),
    };
  }

  ban(actor: string, author: Author, options: BanOptions): Act {
    const { mode, forMs } = options;
    const who = authorOf(author);
    const { doing, done } = MODE_WORDS[mode];
    const howLong = forMs === undefined ? "" : ` for ${forWords(forMs)}`;
    let before: Ban | undefined;
    return {
      doing: `${doing} ${who} …`,
      done: `${done} ${who}${howLong}`,
      failed: `${who} is not ${done.toLowerCase()}`,
      work: async () => {
        before = await this.#banOf(actor);
        await this.#video.moderate.ban(actor, options);
      },
      undo: {
        doing: `Taking back: ${done.toLowerCase()} ${who} …`,
        done: `Undone: ${who} ${MODE_WORDS[mode].undo}`,
        failed: `${who} is still ${done.toLowerCase()}`,
        work: async () => await this.#setBan(actor, before),
      },
    };
  }

  unban(ban: Ban): Act {
    const { actor, mode } = ban;
    return {
      doing: `Letting ${actor} in again …`,
      done: `${actor} ${MODE_WORDS[mode].undo}`,
      failed: `${actor} is still ${MODE_WORDS[mode].done.toLowerCase()}`,
      work: async () => await this.#setBan(actor, undefined),
      undo: {
        doing: `${MODE_WORDS[mode].doing} ${actor} again …`,
        done: `${MODE_WORDS[mode].done} ${actor} again`,
        failed: `${actor} is not ${MODE_WORDS[mode].done.toLowerCase()} again`,
        work: async () => await this.#setBan(actor, ban),
      },
    };
  }

  pin(comment: Comment, pinnedBefore: string | undefined): Act {
    const what = `the comment of ${authorOf(comment)}`;
    return {
      doing: `Pinning ${what} …`,
      done: `Pinned ${what}`,
      failed: `${capital(what)} is not pinned`,
      about: comment.id,
      work: async () => void (await this.#video.moderate.pin(comment.id)),
      undo: {
        doing: "Taking back the pin …",
        done:
          pinnedBefore === undefined
            ? "Undone: nothing is pinned"
            : "Undone: pinned the one before",
        failed: `${capital(what)} is still pinned`,
        work: async () => await this.#setPin(pinnedBefore),
      },
    };
  }

  unpin(pinned: string): Act {
    return {
      doing: "Unpinning …",
      done: "Unpinned the comment",
      failed: "The comment is still pinned",
      work: async () => await this.#setPin(undefined),
      undo: {
        doing: "Pinning it again …",
        done: "Pinned it again",
        failed: "It is not pinned again",
        work: async () => await this.#setPin(pinned),
      },
    };
  }

  /** @param what the change in words, such as “slow mode: 30 seconds” */
  setRules(rules: RoomRules, before: RoomRules, what: string): Act {
    return {
      doing: `Changing the room: ${what} …`,
      done: `Changed the room: ${what}`,
      failed: `The room is as it was, without ${what}`,
      work: async () => void (await this.#video.moderate.setRules(rules)),
      undo: {
        doing: "Taking back the change of the room …",
        done: `Undone: ${what}`,
        failed: `Not undone: ${what}`,
        work: async () => void (await this.#video.moderate.setRules(before)),
      },
    };
  }

  openPoll({ openMs, ...poll }: NewPoll): Act {
    const what = `the poll “${poll.question}”`;
    return {
      doing: `Opening ${what} …`,
      done: `Opened ${what}`,
      failed: `${capital(what)} is not open`,
      work: async () => {
        const now = Date.now();
        await this.#putPoll(`poll-${now.toString(36)}`, { ...poll, closesAt: now + openMs });
      },
    };
  }

  closePoll(name: string, { question, choices, changeable, results }: Poll): Act {
    const what = `the poll “${question}”`;
    return {
      doing: `Closing ${what} …`,
      done: `Closed ${what}, for good`,
      failed: `${capital(what)} is still open`,
      work: async () => {
        const poll = { question, choices, changeable, results };
        await this.#putPoll(name, { ...poll, closesAt: Date.now() });
      },
    };
  }

  /** The ban that holds now, whoever set it. */
  async #banOf(actor: string): Promise<Ban | undefined> {
    try {
      const path = `videos/${this.#video.id}/bans/${encodeURIComponent(actor)}`;
      return await this.#request<Ban>("GET", path);
    } catch (error) {
      if (error instanceof ApiError && error.code === "ban_not_found") return undefined;
      throw error;
    }
  }

  async #setBan(actor: string, ban: Ban | undefined): Promise<void> {
    const { moderate } = this.#video;
    if (ban === undefined) {
      // Somebody else may have let it in meanwhile.
      return await moderate.unban(actor).catch((error: unknown) => {
        if (!(error instanceof OvationError && error.code === "ban_not_found")) throw error;
      });
    }
    const { mode, untilMs, reason } = ban;
    await moderate.ban(actor, {
      mode,
      ...(untilMs === null ? {} : { untilMs }),
      ...(reason === undefined ? {} : { reason }),
    });
  }

  async #setPin(id: string | undefined): Promise<void> {
    const { moderate } = this.#video;
    if (id === undefined) await moderate.unpin();
    else await moderate.pin(id);
  }

  async #putPoll(name: string, poll: object): Promise<void> {
    await this.#request("PUT", `videos/${this.#video.id}/polls/${name}`, poll);
  }
}

function capital(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
