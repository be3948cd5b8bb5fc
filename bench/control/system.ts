/** The system under test: servers to connect to, and processes whose cost is measured. */
import type { Target } from "../../kit/websocket/raw-socket.ts";
import type { DialectName } from "../wire/dialects.ts";
import type { Link } from "./link.ts";

/** A process of the system, of one kind among several. */
export interface ServerProcess {
  readonly kind: string;
  readonly name: string;
  readonly pid: number;
  /** The URL of its Prometheus metrics, if it has any. */
  readonly metricsUrl?: string;
}

export interface System {
  readonly name: string;
  readonly dialect: DialectName;
  readonly targets: readonly Target[];
  /** Empty when the system runs elsewhere. */
  readonly processes: readonly ServerProcess[];
  /** What runs there, such as versions and settings, for the report. */
  readonly about: Readonly<Record<string, string>>;
  /** How the generator reaches it; undefined: it is somewhere else. */
  readonly link?: Link;
  stop(): Promise<void>;
}
