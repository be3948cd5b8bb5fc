/** What the processes of a run say to each other, over Node's IPC channel. */
import type { Lag } from "../lag.ts";
import type { Stream } from "../publishers/schedule.ts";
import type { Due, Exactness } from "../viewers/accounts.ts";
import type { Target } from "../viewers/raw-socket.ts";
import type { DialectName } from "../wire/dialects.ts";

/** Given to each process of viewers once, before all else. */
export interface ViewersSetup {
  readonly dialect: DialectName;
  /** The kind of event that is counted and timed. */
  readonly kind: string;
  readonly targets: readonly Target[];
  /** Addresses of this machine to connect from, in turn; none leaves it to the system. */
  readonly localAddresses: readonly string[];
  /** Whether these viewers read at once and time what they get, or let frames gather. */
  readonly atOnce: boolean;
  /** Most viewers that will ever be opened. */
  readonly capacity: number;
}

export interface Audience {
  readonly video: string;
  readonly viewers: number;
}

/** The measured part of a run, in microseconds from its beginning. */
export interface Window {
  /** The run's beginning on the machine's monotonic clock. */
  readonly epochUs: number;
  readonly fromUs: number;
  readonly toUs: number;
}

export interface OpenCommand {
  readonly audiences: readonly Audience[];
  /** Connections under way at the same time. */
  readonly atATime: number;
  /** Whether a viewer that loses its connection comes back at once, to the next target. */
  readonly comesBack: boolean;
}

export interface Opened {
  readonly subscribed: number;
  readonly failed: number;
  /** Why connections failed or were lost, and how often. */
  readonly faults: Readonly<Record<string, number>>;
  /** Time from a viewer's connect to its subscription, a packed histogram. */
  readonly subscribeTimes: string;
}

/** What happened since the last such report. */
export interface ViewersProgress {
  readonly atUs: number;
  readonly subscribed: number;
  readonly told: number;
  readonly seen: number;
  readonly frames: number;
  readonly bytes: number;
  readonly reads: number;
  /** Of viewers that read at once: a packed histogram. */
  readonly latency: string | undefined;
  readonly lag: Lag;
}

export type Dues = Readonly<Record<string, Due>>;

export interface ViewersCounts {
  readonly told: number;
  readonly frames: number;
  readonly bytes: number;
}

export interface Settled {
  /** Viewers that let frames gather; where that can't be had, all read at once. */
  readonly gathered: number;
  readonly exactness: Exactness;
  /** Over the measured window; empty of viewers that let frames gather. */
  readonly latency: string;
  readonly faults: Readonly<Record<string, number>>;
}

/** Commands to a process of viewers and the reply to each. */
export interface ViewersCommands {
  setup(setup: ViewersSetup): void;
  open(command: OpenCommand): Opened;
  /** Replies when every viewer is subscribed at another target than that, or the time is up. */
  awaitMoved(command: { readonly awayFrom: number; readonly timeoutMs: number }): Opened;
  begin(window: Window): void;
  /** What all viewers of the process were told up to now. */
  counts(nothing: undefined): ViewersCounts;
  /** Closes so many viewers of each video, the newest first. */
  leave(audiences: readonly Audience[]): void;
  /** Waits for what is still on its way, and draws up the accounts. */
  settle(due: Dues): Settled;
}

export interface PublishersSetup {
  readonly dialect: DialectName;
  readonly targets: readonly Target[];
  readonly connections: number;
}

export interface PublishCommand {
  readonly window: Window;
  readonly streams: readonly Stream[];
  /** The kind that is accounted for; others are load only. */
  readonly kind: string;
}

export interface PublishersProgress {
  readonly atUs: number;
  readonly sent: number;
  readonly accepted: number;
  readonly lag: Lag;
}

export interface Published {
  /** Events sent and accepted, by video. */
  readonly sent: Readonly<Record<string, number>>;
  readonly accepted: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  /** May have been taken or not, by video: no answer, or one that says that it can't be known. */
  readonly unsure: Readonly<Record<string, number>>;
  /** From the time at which an event was due to its answer, packed. */
  readonly acknowledged: string;
  /** How late events were sent: the generator's own fault, packed. */
  readonly lateness: string;
}

export interface PublishersCommands {
  setup(setup: PublishersSetup): void;
  /** Replies when all was sent and answered, or waited for in vain. */
  publish(command: PublishCommand): Published;
}

export interface RequestsSetup {
  /** A nats-server. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly videos: readonly string[];
}

export interface SaturateCommand {
  /** Requests under way at the same time. */
  readonly underWay: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface SteadyCommand {
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface Requested {
  readonly perSecond: number;
  /** Since the beginning. */
  readonly refused: number;
  readonly unanswered: number;
  /** From due to answered, and from due to sent, packed. */
  readonly times: string;
  readonly lateness: string;
}

export interface RequestsCommands {
  setup(setup: RequestsSetup): void;
  saturate(command: SaturateCommand): Requested;
  steady(command: SteadyCommand): Requested;
}

export type AnyCommands = ViewersCommands | PublishersCommands | RequestsCommands;
