/**
 * Every NATS subject and KV key of Ovation, each as a function with its inverse.
 * Callers pass names that {@link isVideoId} and {@link isGatewayId} accept.
 */
import { POLL_PATTERN } from "./name-patterns.ts";
import { isGatewayId, isVideoId } from "./names.ts";

/** The queue group that all dispatchers share on the subjects of requests. */
export const DISPATCHER_QUEUE = "dispatchers";
/**
 * Requests that name no partition, which any dispatcher takes. Those of services are mapped to the
 * partition of their video by NATS ({@link servicePartition}, deploy/nats/ovation.conf); gateways send
 * theirs so only where nobody serves the partition.
 */
export const SERVICE_REQUESTS: PartitionSubjects = {
  publish: "ov.publish.*",
  retract: "ov.retract.*",
  command: "ov.command.*",
};
export const GATEWAY_REQUESTS: GatewaySubjects = {
  publish: "ov.gateway.publish.*",
  retract: "ov.gateway.retract.*",
  command: "ov.gateway.command.*",
  count: "ov.count.*",
};
/** In place of a video, in the subject of a command that concerns no single video. */
export const NO_VIDEO = "~";
/** The JetStream stream that holds every video's durable events, and its subjects. */
export const HISTORY_STREAM = "ov_history";
export const HISTORY_SUBJECTS = "ov.history.*";
/** Dispatchers' notices to each other of records that they stored, of every video. */
export const STORED_SUBJECTS = "ov.stored.*.*";
/** Gateways' notices to dispatchers of videos that they start to watch, sent before the rows. */
export const WATCHED_SUBJECTS = "ov.watched.*.*";
/** Gateways' notices to each other of what clients have published. */
export const SPENDING_SUBJECTS = "ov.spending.*";
/** KV bucket: which gateway has how many viewers of which video. */
export const SUBSCRIPTIONS_BUCKET = "ov_subscriptions";
/** KV bucket: one lease for each live gateway. */
export const FRONTENDS_BUCKET = "ov_frontends";
/** KV bucket: tickets that are issued and not yet used, by their hash. */
export const TICKETS_BUCKET = "ov_tickets";
/** KV bucket: the kinds of the deployment, under {@link KINDS_KEY}. */
export const KINDS_BUCKET = "ov_kinds";
export const KINDS_KEY = "kinds";
/** Key of the limits that were changed for a time in {@link KINDS_BUCKET}: see live-limits.ts. */
export const LIMITS_KEY = "limits";
/** Key of the settings that a deployment has once in {@link KINDS_BUCKET}: see same-settings.ts. */
export const SETTINGS_KEY = "settings";
/** KV bucket: the newest value of each kind of class `state`, by video. */
export const STATE_BUCKET = "ov_state";
/** KV bucket: which videos have ended. */
export const ENDED_BUCKET = "ov_ended";
/** KV bucket: how many events of each kind there were, by video. */
export const TOTALS_BUCKET = "ov_totals";
/** KV bucket: the same for each ten seconds, by video and hour. */
export const TIMELINE_BUCKET = "ov_timeline";
/** KV bucket: who is banned, by where and the actor's hash: see {@link actorEntryKey}. */
export const BANS_BUCKET = "ov_bans";
/** KV bucket: what only its banned author sees, by video and the actor's hash. */
export const SHADOW_BUCKET = "ov_shadow";
/** The JetStream stream that holds what moderators did, and its subjects. */
export const MODERATION_STREAM = "ov_moderation";
export const MODERATION_SUBJECTS = "ov.moderation.*";
/** The JetStream stream that holds the votes of every poll, and its subjects. */
export const VOTES_STREAM = "ov_votes";
export const VOTES_SUBJECTS = "ov.votes.*.*";
/** Notices between dispatchers: votes were stored. */
export const VOTED_SUBJECTS = "ov.voted.*.*.*";
/** KV bucket of `ovation hooks`: which instance works, and how far each source and endpoint is. */
export const HOOKS_BUCKET = "ov_hooks";
/** The JetStream stream that holds the events for webhooks, and its subjects. */
export const HOOK_EVENTS_STREAM = "ov_hook_events";
export const HOOK_EVENTS_SUBJECTS = "ov.hook.events.*.*";
/** The JetStream stream that holds webhooks that could not be delivered, and its subjects. */
export const DEAD_HOOKS_STREAM = "ov_hook_dead";
export const DEAD_HOOKS_SUBJECTS = "ov.hook.dead.*";

/** Notices between dispatchers: a video is being erased. */
export const ERASED_SUBJECTS = "ov.erased.*";

/** Where gateways receive answers. */
const GATEWAY_INBOX = "_INBOX.gateway.";
const PUBLISH_PREFIX = "ov.publish.";
const GATEWAY_PUBLISH_PREFIX = "ov.gateway.publish.";
const COUNT_PREFIX = "ov.count.";
const RETRACT_PREFIX = "ov.retract.";
const GATEWAY_RETRACT_PREFIX = "ov.gateway.retract.";
const COMMAND_PREFIX = "ov.command.";
const GATEWAY_COMMAND_PREFIX = "ov.gateway.command.";
/** A partition's number, and a dot after it. */
const PARTITION_PATTERN = /^(?:0|[1-9]\d{0,3})\./;
const DISPATCHING_PREFIX = "ov.dispatching.";
const SEQUENCE_PATTERN = /^[1-9]\d{0,15}$/;
const STORED_PREFIX = "ov.stored.";
const VOTES_PREFIX = "ov.votes.";
const VOTED_PREFIX = "ov.voted.";
const ERASED_PREFIX = "ov.erased.";
const WATCHED_PREFIX = "ov.watched.";
const SPENDING_PREFIX = "ov.spending.";

/** Whether a subject belongs to Ovation or to NATS itself. */
export function isReservedSubject(subject: string): boolean {
  return subject.startsWith("ov.") || subject.startsWith("$");
}

/** Whether a gateway may be answered at a subject: it could name one that others listen to. */
export function isInboxOfGateway(subject: string): boolean {
  return subject.startsWith(GATEWAY_INBOX);
}

/** The subject of publish requests for `video`. */
export function publishSubject(video: string): string {
  return PUBLISH_PREFIX + video;
}

/**
 * The subjects of requests about the videos of a partition. Gateways have subjects of their own,
 * since dispatchers answer them at their inboxes, and everybody else where NATS says.
 */
export interface PartitionSubjects {
  readonly publish: string;
  readonly retract: string;
  /** Whatever changes a video other than publish and retract: see commands.ts. */
  readonly command: string;
}

export interface GatewaySubjects extends PartitionSubjects {
  /** To count a video's viewers and send them the count. */
  readonly count: string;
}

/** The subjects of gateways' requests for a partition. */
export function gatewayPartition(partition: number): GatewaySubjects {
  return {
    publish: `${GATEWAY_PUBLISH_PREFIX}${partition}.*`,
    retract: `${GATEWAY_RETRACT_PREFIX}${partition}.*`,
    command: `${GATEWAY_COMMAND_PREFIX}${partition}.*`,
    count: `${COUNT_PREFIX}${partition}.*`,
  };
}

/** The subjects of services' requests for a partition, once they are mapped. */
export function servicePartition(partition: number): PartitionSubjects {
  return {
    publish: `${PUBLISH_PREFIX}${partition}.*`,
    retract: `${RETRACT_PREFIX}${partition}.*`,
    command: `${COMMAND_PREFIX}${partition}.*`,
  };
}

/**
 * The subject of the same request without its partition.
 * @param subject that names one
 */
export function withoutPartition(subject: string): string {
  const last = subject.lastIndexOf(".");
  return subject.slice(0, subject.lastIndexOf(".", last - 1)) + subject.slice(last);
}

/** The subject of a gateway's publish requests for `video`, which is of this partition. */
export function gatewayPublishSubject(partition: number, video: string): string {
  return `${GATEWAY_PUBLISH_PREFIX}${partition}.${video}`;
}

/** The video of a publish request's subject, or undefined if it isn't a valid video id. */
export function videoOfPublishSubject(subject: string): string | undefined {
  return videoIn(
    targetAfter(GATEWAY_PUBLISH_PREFIX, subject) ?? targetAfter(PUBLISH_PREFIX, subject),
  );
}

/** Whether a gateway sends on the subject of a publish request. */
export function isGatewayPublish(subject: string): boolean {
  return subject.startsWith(GATEWAY_PUBLISH_PREFIX);
}

/** The subject of requests to count the viewers of `video`, which is of this partition. */
export function countSubject(partition: number, video: string): string {
  return `${COUNT_PREFIX}${partition}.${video}`;
}

/** The inverse of {@link countSubject}; undefined if the rest isn't a valid video id. */
export function videoOfCountSubject(subject: string): string | undefined {
  return videoIn(targetAfter(COUNT_PREFIX, subject));
}

/** The subject of a gateway's requests to delete an event of `video`, which is of this partition. */
export function gatewayRetractSubject(partition: number, video: string): string {
  return `${GATEWAY_RETRACT_PREFIX}${partition}.${video}`;
}

/** The video of a request to delete; undefined if the rest isn't a valid video id. */
export function videoOfRetractSubject(subject: string): string | undefined {
  return videoIn(
    targetAfter(GATEWAY_RETRACT_PREFIX, subject) ?? targetAfter(RETRACT_PREFIX, subject),
  );
}

/** The subject of commands of services. @param target a video, or {@link NO_VIDEO} */
export function commandSubject(target: string): string {
  return COMMAND_PREFIX + target;
}

/** Where reviewers of a kind are asked: a queue group of the operator's own. */
export function reviewSubject(kind: string): string {
  return `ov.review.${kind}`;
}

/** The subject of a gateway's commands. @param target a video, or {@link NO_VIDEO} */
export function gatewayCommandSubject(partition: number, target: string): string {
  return `${GATEWAY_COMMAND_PREFIX}${partition}.${target}`;
}

/** The target of a command: a video, or {@link NO_VIDEO}; undefined if the rest is neither. */
export function targetOfCommandSubject(subject: string): string | undefined {
  const target =
    targetAfter(GATEWAY_COMMAND_PREFIX, subject) ?? targetAfter(COMMAND_PREFIX, subject);
  return target === NO_VIDEO ? NO_VIDEO : videoIn(target);
}

/** What a request is about: what follows the number of its partition, or all, where it names none. */
function targetAfter(prefix: string, subject: string): string | undefined {
  if (!subject.startsWith(prefix)) return undefined;
  return subject.slice(prefix.length).replace(PARTITION_PATTERN, "");
}

function videoIn(target: string | undefined): string | undefined {
  return target !== undefined && isVideoId(target) ? target : undefined;
}

/** Dispatchers' notices to each other that they are alive, and of what they serve. */
export const DISPATCHING_SUBJECTS = `${DISPATCHING_PREFIX}*`;

/** The subject of a dispatcher's notice: see dispatching.ts. */
export function dispatchingSubject(dispatcher: string): string {
  return DISPATCHING_PREFIX + dispatcher;
}

function videoAfter(prefix: string, subject: string): string | undefined {
  const video = subject.slice(prefix.length);
  return subject.startsWith(prefix) && isVideoId(video) ? video : undefined;
}

/** The subject that the records of a video's durable events are stored on. */
export function historySubject(video: string): string {
  return `ov.history.${video}`;
}

/** The subject of a dispatcher's notice of a record of `video` that it stored at `sequence`. */
export function storedSubject(video: string, sequence: number): string {
  return `${STORED_PREFIX}${video}.${sequence}`;
}

/** The inverse of {@link storedSubject}; undefined for a subject that isn't ours. */
export function parseStoredSubject(
  subject: string,
): { video: string; sequence: number } | undefined {
  const dot = subject.lastIndexOf(".");
  const video = videoAfter(STORED_PREFIX, subject.slice(0, dot));
  const number = subject.slice(dot + 1);
  if (video === undefined || !SEQUENCE_PATTERN.test(number)) return undefined;
  return { video, sequence: Number(number) };
}

/** The subject of what moderators did. @param target a video, or {@link NO_VIDEO} */
export function moderationSubject(target: string): string {
  return `ov.moderation.${target}`;
}

const HOOK_EVENTS_PREFIX = "ov.hook.events.";

/**
 * The subject of the events that a source of `ovation hooks` has of a video.
 * @param target a video, or {@link NO_VIDEO}
 */
export function hookEventsSubject(source: string, target: string): string {
  return `${HOOK_EVENTS_PREFIX}${source}.${target}`;
}

/** The same of one source and every video. */
export function hookEventsSubjectsOf(source: string): string {
  return `${HOOK_EVENTS_PREFIX}${source}.*`;
}

/** The same of one video and every source. */
export function hookEventsSubjectsAbout(video: string): string {
  return `${HOOK_EVENTS_PREFIX}*.${video}`;
}

const REMAINS_SOURCE = "remains_";

/**
 * The subject of what remains of a message with events of a video, in which a comment was deleted.
 * @param place the sequence of that message
 */
export function remainsSubject(place: number, video: string): string {
  return hookEventsSubject(REMAINS_SOURCE + place, video);
}

/** The same of one place and every video. */
export function remainsSubjectsOf(place: number): string {
  return hookEventsSubjectsOf(REMAINS_SOURCE + place);
}

/** The place of a {@link remainsSubject}; undefined if it isn't one. */
export function remainsOf(subject: string): number | undefined {
  const prefix = HOOK_EVENTS_PREFIX + REMAINS_SOURCE;
  return subject.startsWith(prefix) ? Number.parseInt(subject.slice(prefix.length), 10) : undefined;
}

/** The video, or {@link NO_VIDEO}, of a {@link hookEventsSubject}. */
export function targetOfHookEvents(subject: string): string {
  return subject.slice(subject.indexOf(".", HOOK_EVENTS_PREFIX.length) + 1);
}

/** The subject of what could not be delivered to an endpoint. */
export function deadHooksSubject(endpoint: string): string {
  return `ov.hook.dead.${endpoint}`;
}

/** The video of a subject of {@link historySubject}; undefined if it isn't ours. */
export function videoOfHistorySubject(subject: string): string | undefined {
  return videoAfter("ov.history.", subject);
}

/** The video, or {@link NO_VIDEO}, of a subject of {@link moderationSubject}. */
export function targetOfModerationSubject(subject: string): string {
  return subject.slice("ov.moderation.".length);
}

/** 96 bits: nobody finds an actor whose bans another one would have. */
const ACTOR_HASH_PATTERN = /^[A-Za-z0-9_-]{16}$/;

/**
 * Key of a ban in {@link BANS_BUCKET}, or of what is kept for an actor in {@link SHADOW_BUCKET}.
 * @param scope a video, or {@link NO_VIDEO} for everywhere
 * @param actor its hash
 */
export function actorEntryKey(scope: string, actor: string): string {
  return `${scope}.${actor}`;
}

/** The inverse of {@link actorEntryKey}; undefined for a key that isn't ours. */
export function parseActorEntryKey(key: string): { scope: string; actor: string } | undefined {
  const dot = key.indexOf(".");
  const scope = key.slice(0, dot);
  const actor = key.slice(dot + 1);
  const isOurs = (scope === NO_VIDEO || isVideoId(scope)) && ACTOR_HASH_PATTERN.test(actor);
  return isOurs ? { scope, actor } : undefined;
}

/** What a poll of a video is stored under: the end of {@link votesSubject}. */
export function pollKey(video: string, poll: string): string {
  return `${video}.${poll}`;
}

/** The inverse of {@link pollKey}; undefined for a key that isn't ours. */
export function parsePollKey(key: string): { video: string; poll: string } | undefined {
  const dot = key.lastIndexOf(".");
  const video = key.slice(0, dot);
  const poll = key.slice(dot + 1);
  return isVideoId(video) && POLL_PATTERN.test(poll) ? { video, poll } : undefined;
}

/** The subject under which the votes of a poll are stored. @param key of {@link pollKey} */
export function votesSubject(key: string): string {
  return VOTES_PREFIX + key;
}

/** The same of all polls of a video. */
export function votesSubjectsOf(video: string): string {
  return `${VOTES_PREFIX}${video}.*`;
}

/** The key of a poll; undefined for a subject that isn't ours. */
export function keyOfVotesSubject(subject: string): string | undefined {
  const key = subject.slice(VOTES_PREFIX.length);
  return subject.startsWith(VOTES_PREFIX) && parsePollKey(key) !== undefined ? key : undefined;
}

/** The notice that the poll's record with this sequence in the stream was stored. */
export function votedSubject(key: string, sequence: number): string {
  return `${VOTED_PREFIX}${key}.${sequence}`;
}

/** The inverse of {@link votedSubject}; undefined for a subject that isn't ours. */
export function parseVotedSubject(subject: string): { key: string; sequence: number } | undefined {
  const dot = subject.lastIndexOf(".");
  const key = subject.slice(VOTED_PREFIX.length, dot);
  const number = subject.slice(dot + 1);
  if (!subject.startsWith(VOTED_PREFIX) || !SEQUENCE_PATTERN.test(number)) return undefined;
  return parsePollKey(key) === undefined ? undefined : { key, sequence: Number(number) };
}

/** The subject of a dispatcher's notice that it erases `video`. */
export function erasedSubject(video: string): string {
  return ERASED_PREFIX + video;
}

/** The inverse of {@link erasedSubject}; undefined for a subject that isn't ours. */
export function videoOfErasedSubject(subject: string): string | undefined {
  return videoAfter(ERASED_PREFIX, subject);
}

/** The subject of events of `video` for the viewers of `gateway`. */
export function frontendSubject(gateway: string, video: string): string {
  return `ov.frontend.${gateway}.${video}`;
}

/** The subject of `gateway`'s notice that it starts to watch `video`. */
export function watchedSubject(gateway: string, video: string): string {
  return `${WATCHED_PREFIX}${gateway}.${video}`;
}

/** The inverse of {@link watchedSubject}; undefined for a subject that isn't ours. */
export function parseWatchedSubject(
  subject: string,
): { video: string; gateway: string } | undefined {
  const dot = subject.lastIndexOf(".");
  const gateway = subject.slice(WATCHED_PREFIX.length, dot);
  const video = subject.slice(dot + 1);
  const isOurs = subject.startsWith(WATCHED_PREFIX) && isVideoId(video) && isGatewayId(gateway);
  return isOurs ? { video, gateway } : undefined;
}

/** The subject of a gateway's notices of what clients have published there. */
export function spendingSubject(gateway: string): string {
  return `${SPENDING_PREFIX}${gateway}`;
}

/** The inverse of {@link spendingSubject}; undefined for a subject that isn't ours. */
export function gatewayOfSpendingSubject(subject: string): string | undefined {
  const gateway = subject.slice(SPENDING_PREFIX.length);
  return subject.startsWith(SPENDING_PREFIX) && isGatewayId(gateway) ? gateway : undefined;
}

/** Subjects of events of `video` for the viewers of any gateway, to monitor them. */
export function frontendSubjects(video: string): string {
  return `ov.frontend.*.${video}`;
}

/** The subject on which a gateway answers which videos it holds: see inspection.ts. */
export function inspectSubject(gateway: string): string {
  return `ov.inspect.${gateway}`;
}

/** Where services say which videos they observe: see dispatcher/table/observers.ts. */
export const OBSERVE_SUBJECT = "ov.observe";
/** What happens on all videos that are observed. */
export const OBSERVED_SUBJECTS = "ov.observed.*";
const OBSERVED_PREFIX = "ov.observed.";

/** The subject of events of `video` for services that observe it. */
export function observedSubject(video: string): string {
  return OBSERVED_PREFIX + video;
}

/** The inverse of {@link observedSubject}; undefined for a subject that isn't ours. */
export function videoOfObservedSubject(subject: string): string | undefined {
  return videoAfter(OBSERVED_PREFIX, subject);
}

/** The subject on which a gateway does what an operator asks: see control.ts. */
export function controlSubject(gateway: string): string {
  return `ov.control.${gateway}`;
}

/** Where every dispatcher states its settings: see common-settings.ts. */
export const INSPECT_DISPATCHERS = "ov.settings";

/** What precedes the key in the subject on which NATS publishes a change of a bucket. */
export function changesPrefix(bucket: string): string {
  return `ov.changes.${bucket}.`;
}

/** Key of an hour of a video's timeline in {@link TIMELINE_BUCKET}; hours count from 1970. */
export function timelineKey(video: string, hour: number): string {
  return `${video}.${hour}`;
}

/** The video of a {@link timelineKey}. */
export function videoOfTimelineKey(key: string): string {
  return key.slice(0, key.lastIndexOf("."));
}

/** The filter for all hours of a video's timeline. */
export function timelineKeysOf(video: string): string {
  return `${video}.*`;
}

/** Key of a gateway's row for a video in {@link SUBSCRIPTIONS_BUCKET}. */
export function rowKey(video: string, gateway: string): string {
  return `${video}.${gateway}`;
}

/** The key filter for all rows of one gateway. */
export function rowsOfGateway(gateway: string): string {
  return `*.${gateway}`;
}

/** The inverse of {@link rowKey}; undefined for a key that isn't a row of ours. */
export function parseRowKey(key: string): { video: string; gateway: string } | undefined {
  const dot = key.indexOf(".");
  const video = key.slice(0, dot);
  const gateway = key.slice(dot + 1);
  return dot > 0 && isVideoId(video) && isGatewayId(gateway) ? { video, gateway } : undefined;
}
