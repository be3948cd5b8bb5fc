/** `ovation-server`: Ovation for backends. */
export type { OvationEvent } from "../shared/protocol/event.ts";
export type {
  Ban,
  BanOptions,
  ModerationAct,
  RoomRules,
} from "../shared/protocol/moderation/view.ts";
export {
  OvationError,
  type OvationErrorCode,
  type OvationErrorDetail,
  type ServerErrorCode,
} from "./error.ts";
export type {
  DeletedEvent,
  ErasedVideo,
  EventsOptions,
  HistoryEvent,
  NatsConnection,
  StoredEvent,
} from "./events/types.ts";
export type { Moderation } from "./moderation.ts";
export type { OvationOptions, TokenSource } from "./options.ts";
export { Ovation } from "./ovation.ts";
export type { Outcome } from "./publish.ts";
export { type SigningOptions, type TokenRights, TokenSigner } from "./tokens.ts";
export type {
  Erased,
  EventInput,
  HistoryPage,
  HistoryRange,
  LiveVideo,
  Poll,
  PollInput,
  Published,
  Timeline,
  TimelineQuery,
  VideoInfo,
} from "./types.ts";
export type { Video } from "./video.ts";
export {
  verifyWebhook,
  type Webhook,
  type WebhookOptions,
  type WebhookRequest,
} from "./webhook.ts";
