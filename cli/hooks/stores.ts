/** What the commands of `ovation hooks` read and change in NATS. */
import { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { StreamReader } from "../../shared/bus/stream-reader.ts";
import type { CommonConfig } from "../../shared/config/settings.ts";
import { hooksBucket } from "../../shared/protocol/buckets.ts";
import {
  decodeEndpoint,
  type EndpointProgress,
  endpointOfKey,
} from "../../shared/protocol/hooks/progress.ts";
import {
  DEAD_HOOKS_STREAM,
  DEAD_HOOKS_SUBJECTS,
  HOOK_EVENTS_STREAM,
  HOOK_EVENTS_SUBJECTS,
} from "../../shared/protocol/subjects.ts";
import { Refused } from "./refused.ts";

export class HooksStores {
  readonly bus: Bus;
  readonly bucket: Bucket;
  readonly events: StreamReader;
  readonly dead: StreamReader;

  constructor(bus: Bus, config: CommonConfig) {
    this.bus = bus;
    this.bucket = new Bucket(bus, hooksBucket(config));
    this.events = new StreamReader(bus, HOOK_EVENTS_STREAM, HOOK_EVENTS_SUBJECTS);
    this.dead = new StreamReader(bus, DEAD_HOOKS_STREAM, DEAD_HOOKS_SUBJECTS);
  }

  /**
   * How far each endpoint is.
   * @param only this one
   * @throws Refused when there is none
   */
  async endpoints(only?: string): Promise<ReadonlyMap<string, EndpointProgress>> {
    const entries = (await this.bucket.read()) ?? [];
    const endpoints = new Map<string, EndpointProgress>();
    for (const { key, value } of entries) {
      const name = endpointOfKey(key);
      const progress = decodeEndpoint(value);
      if (name === undefined || progress === undefined) continue;
      if (only === undefined || only === name) endpoints.set(name, progress);
    }
    if (only !== undefined && endpoints.size === 0) {
      throw new Refused(`there is no endpoint ${only}: see ovation hooks status`);
    }
    return endpoints;
  }
}
