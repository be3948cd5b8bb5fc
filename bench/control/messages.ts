/** The messages between the processes of a run, over Node's IPC channel. */

import type { Target } from "../../kit/websocket/raw-socket.ts";
import type { Lag } from "../lag.ts";
import type { Stream } from "../publishers/schedule.ts";
import type { Exactness, ExpectedDeliveries } from "../viewers/accounts.ts";
import type { DialectName } from "../wire/dialects.ts";

/** Sent to each viewer process once, before everything else. */
export interface ViewersSetup {
  readonly dialect: DialectName;
  /** The kind of event that is counted and measured. */
  readonly kind: string;
  readonly targets: readonly Target[];
  /** Addresses of this machine to connect from, in turn; if empty, the system chooses. */
  readonly localAddresses: readonly string[];
  /** Whether these viewers read at once and measure latency, or let frames accumulate. */
  readonly atOnce: boolean;
  /** The share of them whose page is hidden, until deliveries are checked. */
  readonly hidden: number;
  /** The most viewers that will ever be opened. */
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
  /** Connections opened concurrently. */
  readonly atATime: number;
  /** Whether a viewer that loses its connection reconnects at once, to the next target. */
  readonly reconnects: boolean;
}

export interface Opened {
  readonly subscribed: number;
  readonly failed: number;
  /** How often connections failed or were lost, by reason. */
  readonly faults: Readonly<Record<string, number>>;
  /** Time from a viewer's connect to its subscription, as a packed histogram. */
  readonly subscribeTimes: string;
}

/** What happened since the last report. */
export interface ViewersProgress {
  readonly atUs: number;
  readonly subscribed: number;
  readonly received: number;
  readonly seen: number;
  readonly frames: number;
  readonly bytes: number;
  readonly reads: number;
  /** Latency of viewers that read at once, as a packed histogram. */
  readonly latency: string | undefined;
  readonly lag: Lag;
}

export type ExpectedByVideo = Readonly<Record<string, ExpectedDeliveries>>;

export interface ViewersCounts {
  readonly received: number;
  readonly frames: number;
  readonly bytes: number;
}

export interface Settled {
  /** Viewers that let frames accumulate; where that isn't possible, all read at once. */
  readonly gathered: number;
  readonly exactness: Exactness;
  /** Over the measured window; empty for viewers that let frames accumulate. */
  readonly latency: string;
  readonly faults: Readonly<Record<string, number>>;
}

/** The commands to a viewer process, with their replies. */
export interface ViewersCommands {
  setup(setup: ViewersSetup): void;
  open(command: OpenCommand): Opened;
  /** Replies when every viewer is subscribed at a different target, or when the time is up. */
  awaitMoved(command: { readonly awayFrom: number; readonly timeoutMs: number }): Opened;
  begin(window: Window): void;
  /** What all viewers of the process have received so far. */
  counts(nothing: undefined): ViewersCounts;
  /** Disconnects that many viewers of each video, newest first. */
  leave(audiences: readonly Audience[]): void;
  /** Waits for outstanding deliveries, and returns the totals. */
  settle(expected: ExpectedByVideo): Settled;
}

export interface PublishersSetup {
  readonly dialect: DialectName;
  readonly targets: readonly Target[];
  readonly connections: number;
  /** Where the connections come from, in turn; any address when empty. */
  readonly localAddresses: readonly string[];
}

export interface PublishCommand {
  readonly window: Window;
  readonly streams: readonly Stream[];
  /** The kind that is measured; others are only load. */
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
  /** May or may not have been accepted, by video: no answer, or one that leaves it open. */
  readonly unsure: Readonly<Record<string, number>>;
  /** From an event's scheduled time to its answer, packed. */
  readonly acknowledged: string;
  /** How late the generator sent events, packed. */
  readonly lateness: string;
}

export interface PublishersCommands {
  setup(setup: PublishersSetup): void;
  /** Replies when everything was sent and answered, or the wait for answers is over. */
  publish(command: PublishCommand): Published;
}

export type RequestedEvents = { readonly poll: string } | "comments";

/** A nats-server, and a login for it. */
export interface NatsTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface RequestsSetup extends NatsTarget {
  readonly videos: readonly string[];
  /** What is sent: votes in a poll, comments, or, where it is absent, likes. */
  readonly what?: RequestedEvents | undefined;
}

export interface SaturateCommand {
  /** Requests in flight at the same time. */
  readonly inFlight: number;
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
  /** Since the start. */
  readonly sent: number;
  readonly refused: number;
  readonly unanswered: number;
  /** From the scheduled time to the answer, and to the send, packed. */
  readonly times: string;
  readonly lateness: string;
}

export interface RequestsCommands {
  setup(setup: RequestsSetup): void;
  saturate(command: SaturateCommand): Requested;
  steady(command: SteadyCommand): Requested;
}

interface GatewaysSetup {
  readonly nats: NatsTarget;
  readonly video: string;
  /** Of the virtual gateways; the first of them counts the likes that it gets. */
  readonly ids: readonly string[];
}

export interface GatewaysLoad {
  /** Likes at all of the gateways together. */
  readonly perSecond: number;
  readonly ms: number;
}

/** What the virtual gateways of a process did so far. */
export interface GatewaysSums {
  /** Messages from dispatchers, and their bytes. */
  readonly messages: number;
  readonly bytes: number;
  readonly requests: number;
  /** Likes, by the answers of dispatchers. */
  readonly accepted: number;
  readonly refused: number;
  /** Likes that the first gateway of each process was shown or told of. */
  readonly seenLikes: readonly number[];
}

export interface GatewaysCommands {
  setup(setup: GatewaysSetup): void;
  load(load: GatewaysLoad): void;
  sums(nothing: undefined): GatewaysSums;
  /** Replies when all is answered: how long that took, from a request to its answer, packed. */
  answered(nothing: undefined): string;
}

export type AnyCommands =
  | GatewaysCommands
  | ViewersCommands
  | PublishersCommands
  | RequestsCommands;
