/**
 * What the demo page and the local stack tell each other. The stack's control server listens on
 * this machine only; a page that is served elsewhere does without it.
 */

/** The file beside the page that tells where its stack is. */
export const STACK_FILE = "stack.json";

/** What stands in {@link STACK_FILE}. */
export interface StackPlace {
  /** The port of the control server, on the host that the page is served by. */
  readonly controlPort: number;
  /** The video that is shown. */
  readonly video: string;
}

/** Paths of the control server. */
export const CONTROL_PATHS = {
  /** `GET`: {@link Snapshot}s as Server-Sent Events. */
  live: "/live",
  /** `POST` {@link Audience}. */
  audience: "/audience",
} as const;

/** `POST`: kills the process of this name, or starts it again. */
export function processPath(name: string, action: "kill" | "revive"): string {
  return `/processes/${name}/${action}`;
}

/** A kind of event that the stack publishes to time its way; the page shows no such event. */
export const PROBE_KIND = "probe";

/** The data of a {@link PROBE_KIND} event. */
export interface ProbeData {
  /** When it was published, in milliseconds since 1970, with their fraction. */
  readonly sentAt: number;
}

/** The simulated audience, as it is asked for. */
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
  /** When a process that is down is started by itself, in milliseconds since 1970. */
  readonly backAtMs?: number;
  /** Processor time by second. */
  readonly cpu?: number;
  readonly memoryBytes?: number;
  /** Of a gateway: its id on the bus, which is new at each start. */
  readonly gatewayId?: string;
  /** Of a gateway: open connections. */
  readonly connections?: number;
  /** Of a gateway: what viewers wait for at least between two frames, in milliseconds. */
  readonly frameMs?: number;
  /** Events by second: those accepted by a dispatcher, those written to viewers by a gateway. */
  readonly eventsPerSecond?: number;
}

/** A row of the subscription table: a gateway that has viewers of the video. */
export interface RowView {
  readonly gatewayId: string;
  /** The process, if it is one of this stack. */
  readonly process?: string;
  readonly viewers: number;
  /** Since its lease was last seen renewed; absent before the first time. */
  readonly leaseAgeMs?: number;
  /** Whether the lease has ended, so that the row counts no more and is about to be swept. */
  readonly isDead: boolean;
}

/** Events by second over the whole stack. */
export interface RatesView {
  /** Transient events, such as likes, accepted by dispatchers. */
  readonly eventsIn: number;
  /** Events written to viewers by gateways, those told as counts included. */
  readonly deliveriesOut: number;
  readonly framesOut: number;
  readonly bytesOut: number;
}

/** How long one probe took; absent where it did not come through. */
export interface ProbeView {
  readonly id: string;
  readonly sentAt: number;
  /** From the publisher over NATS to a dispatcher, and from it over NATS again, in milliseconds. */
  readonly dispatchedMs?: number;
  /** Until the dispatcher's answer was there. */
  readonly answeredMs?: number;
  /** The same for a comment, which is stored before it is answered. */
  readonly storedMs?: number;
}

/** Something that happened to the stack, in a few words. */
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
  /** The newest, oldest first. */
  readonly happenings: readonly ActivityEntry[];
}
