/** The types of events: those of Ovation's own kinds, and those that an application declares. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import type { RoomRules } from "../shared/protocol/moderation/view.ts";
import type { PublishOptions } from "./video-options.ts";

/**
 * The data of the kinds that Ovation publishes itself.
 *
 * @example
 * const count = ({ viewers }: BuiltInKinds["viewers"]) => `${viewers} watching`;
 */
export interface BuiltInKinds {
  /** `actors`, how many different actors watch, is estimated, where the deployment counts them. */
  readonly viewers: { readonly viewers: number; readonly actors?: number };
  /** How many events of each kind there were; of a kind's variant by `kind:variant`. */
  readonly totals: Readonly<Record<string, number>>;
  /** Deletes the durable event with this `id` and `seq`. */
  readonly retracted: { readonly id: string; readonly seq: number };
  /** The rules of the room; undefined: there are none. */
  readonly rules: RoomRules | undefined;
  /** The event that is pinned; undefined: none is. */
  readonly pinned: OvationEvent | undefined;
}

/**
 * The data that an application publishes with a kind, as the client's type parameter declares it. A
 * client without a type parameter may publish anything.
 *
 * @example
 * type Comment = DataOf<{ comment: { text: string } }, "comment">; // { text: string }
 */
export type DataOf<Kinds, Kind extends string> = Kind extends keyof Kinds ? Kinds[Kind] : unknown;

/**
 * An event of a video. Data that others published is `unknown`, unless it was parsed.
 *
 * @example
 * const show = ({ id, data }: EventOf<"comment", { text: string }>) => addLine(id, data.text);
 */
export type EventOf<Kind extends string, Data = ReceivedData<Kind>> = Omit<
  OvationEvent,
  "kind" | "data"
> & { readonly kind: Kind; readonly data: Data };

/**
 * The data of received events: typed for the kinds that Ovation publishes itself, else `unknown`.
 *
 * @example
 * const count: ReceivedData<"viewers"> = { viewers: 3 };
 */
export type ReceivedData<Kind extends string> = Kind extends keyof BuiltInKinds
  ? BuiltInKinds[Kind]
  : unknown;

/**
 * The name of a kind to listen to: editors suggest those that the type parameter declares; any
 * other is allowed.
 *
 * @example
 * const kind: KindOf<{ comment: string; wave: number }> = "wave";
 */
export type KindOf<Kinds> = PublishKind<Kinds> | keyof BuiltInKinds | (string & {});

/**
 * The name of a kind to publish: `like` and those that the type parameter declares; any, if it
 * declares none.
 *
 * @example
 * const kind: PublishKind<{ comment: string }> = "comment";
 */
export type PublishKind<Kinds> = [keyof Kinds] extends [never]
  ? string
  : (keyof Kinds & string) | "like";

/**
 * The arguments of `publish` after the kind: data, which may be omitted where it may be undefined.
 *
 * @example
 * const more: PublishArguments<{ comment: string }, "comment"> = ["hello", { waitMs: 5_000 }];
 */
export type PublishArguments<Kinds, Kind extends string> =
  undefined extends DataOf<Kinds, Kind>
    ? [data?: DataOf<Kinds, Kind> | undefined, options?: PublishOptions]
    : [data: DataOf<Kinds, Kind>, options?: PublishOptions];
