/** The JetStream streams of `ovation hooks`, as dispatchers create them. */
import { DiscardPolicy, StorageType, type StreamConfig } from "@nats-io/jetstream";
import { nanos } from "nats";
import type { CommonConfig } from "../config/settings.ts";
import {
  DEAD_HOOKS_STREAM,
  DEAD_HOOKS_SUBJECTS,
  HOOK_EVENTS_STREAM,
  HOOK_EVENTS_SUBJECTS,
} from "../protocol/subjects.ts";

type Limits = Pick<
  CommonConfig,
  "historyReplicas" | "hookEventsAgeMs" | "hookEventsTotalBytes" | "deadHooksTotalBytes"
>;

/** Four weeks: somebody looks at them before. */
const DEAD_AGE_MS = 2_419_200_000;

/** What is to be delivered, for all endpoints. */
export function hookEventsConfig(limits: Limits): Partial<StreamConfig> & { name: string } {
  return {
    name: HOOK_EVENTS_STREAM,
    description: "Ovation: events for webhooks, by ov.hook.events.<source>.<video or ~>",
    subjects: [HOOK_EVENTS_SUBJECTS],
    storage: StorageType.File,
    num_replicas: limits.historyReplicas,
    max_age: nanos(limits.hookEventsAgeMs),
    max_bytes: limits.hookEventsTotalBytes,
    discard: DiscardPolicy.Old,
    allow_direct: true,
  };
}

/** What could not be delivered. */
export function deadHooksConfig(limits: Limits): Partial<StreamConfig> & { name: string } {
  return {
    name: DEAD_HOOKS_STREAM,
    description: "Ovation: webhooks that could not be delivered, by ov.hook.dead.<endpoint>",
    subjects: [DEAD_HOOKS_SUBJECTS],
    storage: StorageType.File,
    num_replicas: limits.historyReplicas,
    max_age: nanos(DEAD_AGE_MS),
    max_bytes: limits.deadHooksTotalBytes,
    discard: DiscardPolicy.Old,
    allow_direct: true,
  };
}
