/** `ovation-client`: the viewers' client of Ovation. */
export type { OvationEvent } from "../shared/protocol/event.ts";
export type {
  Ban,
  BanOptions,
  ModerationAct,
  ModerationPage,
  RoomRules,
} from "../shared/protocol/moderation/view.ts";
export type { Missed, Position } from "./chain.ts";
export { Ovation } from "./client.ts";
export type { TokenSource } from "./credentials.ts";
export {
  type ClientErrorCode,
  OvationError,
  type OvationErrorCode,
  type OvationErrorDetail,
} from "./error.ts";
export type { Frame } from "./frame.ts";
export type { HistoryPage, HistoryQuery } from "./history.ts";
export type { CountsById, VideoCounts } from "./live/counts.ts";
export type { Poll } from "./live/shown-poll.ts";
export type { StateOptions } from "./live/state.ts";
export type { LiveValue } from "./live-value.ts";
export type { Moderation } from "./moderation.ts";
export type { OvationOptions, WebSocketConstructor } from "./options.ts";
export type { Published, WhenLimited, WhileAway } from "./outbox.ts";
export type { Parse } from "./parse.ts";
export {
  type Playhead,
  type PlayheadOptions,
  playheadOfHls,
  playheadOfVideo,
} from "./playhead.ts";
export { ovationFor } from "./shared.ts";
export type { ConnectionFault, ConnectionState } from "./state.ts";
export type {
  BuiltInKinds,
  DataOf,
  EventOf,
  KindOf,
  PublishArguments,
  PublishKind,
  ReceivedData,
} from "./typed-events.ts";
export type { LivePoll, Reactions, Video } from "./video.ts";
export type {
  ListenOptions,
  PublishOptions,
  ReplayOptions,
  VideoOptions,
} from "./video-options.ts";
