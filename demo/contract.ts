/**
 * The contract between the demo page and the local stack. The stack's control server listens only on
 * this machine; a page served elsewhere works without it.
 */

/** The file next to the page that says where its stack is. */
export const STACK_FILE = "stack.json";

/** The content of {@link STACK_FILE}. */
export interface StackLocation {
  /** The port of the control server, on the host that serves the page. */
  readonly controlPort: number;
  /** The video that is shown. */
  readonly video: string;
  /** Whether its gateways require a token; otherwise they believe any. */
  readonly requiresToken: boolean;
}

/** Paths of the control server. */
export const CONTROL_PATHS = {
  /** `GET`: {@link Snapshot}s as Server-Sent Events. */
  live: "/live",
  /** `POST` {@link Audience}. */
  audience: "/audience",
} as const;

/** `POST`: kills the process of this name, or restarts it. */
export function processPath(name: string, action: "kill" | "revive"): string {
  return `/processes/${name}/${action}`;
}

/** A kind of event that the stack publishes to measure latency; the page doesn't show it. */
export const PROBE_KIND = "probe";

/** The data of a {@link PROBE_KIND} event. */
export interface ProbeData {
  /** When it was published, in milliseconds since 1970, with a fraction. */
  readonly sentAt: number;
}

/** The kind of the page's reactions. */
export const REACTION_KIND = "react";

/** The variants that the page shows, with the words for those who can't see them. */
export const REACTIONS = [
  { variant: "🔥", word: "Fire" },
  { variant: "👏", word: "Applause" },
  { variant: "😍", word: "In love" },
  { variant: "🤯", word: "Mind blown" },
  { variant: "🎉", word: "Party" },
] as const;

/** The requested simulated audience. */
export interface Audience {
  readonly viewers: number;
  readonly likesPerSecond: number;
}

export const AUDIENCE_LIMITS: Audience = { viewers: 1_000, likesPerSecond: 10_000 };

export type Role = "nats" | "dispatcher" | "gateway" | "audience";

/** A process of the stack. */
export interface ProcessView {
  readonly name: string;
  readonly role: Role;
  readonly state: "starting" | "running" | "down" | "stopped";
  readonly pid?: number;
  /** When a process that is down will be restarted, in milliseconds since 1970. */
  readonly backAtMs?: number;
  /** Processor seconds per second. */
  readonly cpu?: number;
  readonly memoryBytes?: number;
  /** Of a gateway: its id on the bus, which changes at each start. */
  readonly gatewayId?: string;
  /** Of a gateway: open connections. */
  readonly connections?: number;
  /** Of a gateway: the shortest time between two frames, in milliseconds. */
  readonly frameMs?: number;
  /** Events per second: accepted by a dispatcher, or written to viewers by a gateway. */
  readonly eventsPerSecond?: number;
}

/** A row of the subscription table: a gateway that has viewers of the video. */
export interface RowView {
  readonly gatewayId: string;
  /** The name of its process, if that belongs to this stack. */
  readonly process?: string;
  readonly viewers: number;
  /** Time since its lease was last seen to be renewed; absent before the first time. */
  readonly leaseAgeMs?: number;
  /** Whether the lease has expired, so that the row no longer counts and will be swept. */
  readonly isDead: boolean;
}

/** Events per second over the whole stack. */
interface RatesView {
  /** Transient events, such as likes, accepted by dispatchers. */
  readonly eventsIn: number;
  /** Events written to viewers by gateways, including those sent as counts. */
  readonly deliveriesOut: number;
  readonly framesOut: number;
  readonly bytesOut: number;
}

/** How long one probe took; a step that it did not complete is absent. */
export interface ProbeView {
  readonly id: string;
  readonly sentAt: number;
  /** From the publisher over NATS to a dispatcher, and from there over NATS again, in milliseconds. */
  readonly dispatchedMs?: number;
  /** Until the dispatcher's answer arrived. */
  readonly answeredMs?: number;
  /** The same for a comment, which is stored before the dispatcher answers. */
  readonly storedMs?: number;
}

/** A change in the stack, in a few words. */
export interface ActivityEntry {
  readonly id: number;
  readonly at: number;
  readonly tone: "good" | "bad" | "plain";
  readonly text: string;
}

/** The whole stack at one moment. */
export interface Snapshot {
  readonly at: number;
  readonly processes: readonly ProcessView[];
  readonly rows: readonly RowView[];
  /** Whether the table could be read when last tried. */
  readonly isTableReadable: boolean;
  readonly leaseMs: number;
  readonly rates: RatesView;
  readonly probe?: ProbeView;
  readonly audience: Audience & { readonly connected: number };
  /** The most recent changes, oldest first. */
  readonly happenings: readonly ActivityEntry[];
}
