/** What `ovation ops` asks of the gateways, and what it prints. */
import pMap from "p-map";
import { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import type { OpsConfig } from "../../shared/config/settings.ts";
import { frontendsBucket, subscriptionsBucket } from "../../shared/protocol/buckets.ts";
import {
  type ControlAnswer,
  type ControlRequest,
  decodeControlAnswer,
  encodeControlRequest,
} from "../../shared/protocol/control.ts";
import { isVideoId } from "../../shared/protocol/names.ts";
import { controlSubject, parseRowKey } from "../../shared/protocol/subjects.ts";
import { decodeLease, decodeRow } from "../../shared/protocol/table.ts";
import { whoRuns } from "../who-runs.ts";

const ANSWER_MS = 3_000;
const ASKED_AT_ONCE = 16;
const EXIT_NOBODY = 1;

/** What a command prints: text for a person, or a value for a program. */
export interface Outcome {
  readonly lines: readonly string[];
  readonly value: unknown;
  readonly code: number;
}

interface LiveGateway {
  readonly gateway: string;
  readonly address: string;
  /** When it was started, in ISO 8601. */
  readonly startedAt: string;
}

async function liveGateways(bus: Bus, config: OpsConfig): Promise<readonly LiveGateway[]> {
  const leases = (await new Bucket(bus, frontendsBucket(config)).read()) ?? [];
  return leases.map(({ key: gateway, value }) => {
    const { address = "?", startedAt = "?" } = decodeLease(value) ?? {};
    return { gateway, address, startedAt };
  });
}

async function ask(
  bus: Bus,
  gateway: string,
  request: ControlRequest,
): Promise<ControlAnswer | undefined> {
  const payload = encodeControlRequest(request);
  const answer = await bus
    .request(controlSubject(gateway), payload, ANSWER_MS)
    .catch(() => undefined);
  return answer === undefined ? undefined : decodeControlAnswer(answer);
}

interface Asked extends LiveGateway {
  /** Undefined when it didn't answer in time. */
  readonly answer: ControlAnswer | undefined;
}

async function askAll(bus: Bus, config: OpsConfig, request: ControlRequest): Promise<Asked[]> {
  return await pMap(
    await liveGateways(bus, config),
    async (one) => ({ ...one, answer: await ask(bus, one.gateway, request) }),
    { concurrency: ASKED_AT_ONCE },
  );
}

/** The gateways that have viewers of a video, how many, and since when each runs. */
export async function whoVideo(bus: Bus, config: OpsConfig, video: string): Promise<Outcome> {
  const isVideo = isVideoId(video);
  const bucket = new Bucket(bus, subscriptionsBucket(config));
  const entries = isVideo ? ((await bucket.read(`${video}.*`)) ?? []) : [];
  const live = new Map((await liveGateways(bus, config)).map((one) => [one.gateway, one]));
  const rows = entries.flatMap(({ key, value }) => {
    const gateway = live.get(parseRowKey(key)?.gateway ?? "");
    const viewers = decodeRow(value)?.viewers;
    return gateway === undefined || viewers === undefined ? [] : [{ ...gateway, viewers }];
  });
  const lines = rows.map(
    ({ gateway, address, startedAt, viewers }) =>
      `${viewers} viewers at ${gateway} (${address}), which runs since ${startedAt}`,
  );
  if (rows.length === 0) lines.push(`no gateway has a viewer of ${video}`);
  return { lines, value: { video, gateways: rows }, code: rows.length === 0 ? EXIT_NOBODY : 0 };
}

/** Lines for the gateways that said nothing: what is told may not be all. */
function silent(asked: readonly Asked[]): string[] {
  return asked
    .filter(({ answer }) => answer === undefined)
    .map(({ gateway, address }) => `${gateway} (${address}) didn't answer`);
}

/** An actor's connections: where each is, what it watches, and for how long it has been open. */
export async function whoActor(bus: Bus, config: OpsConfig, actor: string): Promise<Outcome> {
  const asked = await askAll(bus, config, { op: "who", by: whoRuns(), actor });
  const found = asked.filter(({ answer }) => (answer?.count ?? 0) > 0);
  const lines = found.flatMap(({ gateway, address, answer }) => [
    `${answer?.count} connections at ${gateway} (${address})`,
    ...(answer?.connections ?? []).map(
      ({ connection, wire, videos, openS }) =>
        `  ${connection}  ${wire}  open for ${openS} s  ${videos.join(" ")}`,
    ),
  ]);
  if (found.length === 0) lines.push(`${actor} is not connected`);
  lines.push(...silent(asked));
  const gateways = found.map(({ gateway, address, answer }) => ({ gateway, address, ...answer }));
  return { lines, value: { actor, gateways }, code: found.length === 0 ? EXIT_NOBODY : 0 };
}

/** Ends an actor's connections, or one; its client connects again. */
export function disconnect(what: "actor" | "connection") {
  return async (bus: Bus, config: OpsConfig, id: string): Promise<Outcome> => {
    const asked = await askAll(bus, config, { op: "disconnect", by: whoRuns(), [what]: id });
    const count = asked.reduce((sum, { answer }) => sum + (answer?.count ?? 0), 0);
    const lines = [`${count} connections were disconnected`, ...silent(asked)];
    return { lines, value: { disconnected: count }, code: count === 0 ? EXIT_NOBODY : 0 };
  };
}

/** Sends a gateway's viewers to the others, and ends it. */
export async function drain(bus: Bus, config: OpsConfig, gateway: string): Promise<Outcome> {
  const isLive = (await liveGateways(bus, config)).some((one) => one.gateway === gateway);
  const answer = isLive ? await ask(bus, gateway, { op: "drain", by: whoRuns() }) : undefined;
  const line =
    answer === undefined
      ? `no gateway ${gateway} answers: \`ovation ops who video …\` and the doctor list them`
      : `${gateway} drains: its ${answer.count} viewers go to the others, and it ends`;
  const value = { gateway, viewers: answer?.count };
  return { lines: [line], value, code: answer === undefined ? EXIT_NOBODY : 0 };
}
