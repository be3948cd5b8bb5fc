/** What moderators do: bans, shadows, pins, deletions, and the record of it all. */
import type { Bus } from "../../shared/bus/connection.ts";
import { TombstoneReaper } from "../../shared/bus/tombstone-reaper.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { Bans } from "../../shared/moderation/bans.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Fanout } from "../fanout.ts";
import type { History } from "../history/history.ts";
import type { VideoStates } from "../state/video-states.ts";
import type { Stores } from "../stores/stores.ts";
import { BanKeeper } from "./ban-keeper.ts";
import { ModerationLog } from "./moderation-log.ts";
import { Pins } from "./pins.ts";
import { Retractions } from "./retractions.ts";
import { Shadows } from "./shadows.ts";

interface ModerationOptions {
  readonly bus: Bus;
  readonly config: DispatcherConfig;
  readonly stores: Stores;
  readonly fanout: Fanout;
  readonly history: History;
  readonly states: VideoStates;
  readonly log: Log;
}

export class Moderation {
  readonly bans: Bans;
  readonly banKeeper: BanKeeper;
  readonly shadows: Shadows;
  readonly record: ModerationLog;
  readonly pins: Pins;
  readonly retractions: Retractions;

  constructor({ bus, config, stores, fanout, history, states, log }: ModerationOptions) {
    const bucket = stores.bans;
    const wallClock = Date.now;
    this.bans = new Bans({ bus, bucket, mayCreate: true, wallClock, log });
    this.banKeeper = new BanKeeper({
      bans: this.bans,
      bucket,
      reaper: new TombstoneReaper({ bus, bucket, now: monotonicNow, log }),
      limit: config.bansLimit,
      now: wallClock,
      log,
    });
    this.shadows = new Shadows({ bucket: stores.shadow, fanout, log });
    this.record = new ModerationLog({ stream: stores.moderation, now: wallClock });
    this.pins = new Pins({ history, states });
    this.retractions = new Retractions({
      history,
      pins: this.pins,
      shadows: this.shadows,
      moderation: this.record,
    });
  }

  /** Resolves when the bans have been read, as far as they can be. */
  async start(): Promise<void> {
    await this.bans.start();
    this.banKeeper.start();
  }

  async stop(): Promise<void> {
    this.banKeeper.stop();
    await this.bans.stop();
  }
}
