/** A sizing as text for a person. */
import type { Sizing } from "./model.ts";
import type { Need } from "./needs.ts";
import { bits, bytes, count, whole } from "./numbers.ts";
import type { SizingInput } from "./settings.ts";

type Row = readonly [name: string, value: string, note: string];

const REASONS: Readonly<Record<Need["because"], string>> = {
  connections: "limited by connections",
  processor: "limited by the processor",
  streams: "limited by the event streams that each may hold",
  replicas: "one for each replica",
};

/** @returns the whole text, ending with a line break */
export function reportText(input: SizingInput, sizing: Sizing): string {
  const { cells, why, viewers, videos, limits } = sizing;
  const audience = `${whole(input.viewers)} viewers of ${whole(input.videos)} ${input.videos === 1 ? "video" : "videos"}, ${count(input.likes)} likes and ${count(input.comments)} comments per second`;
  const spread = [
    `One deployment can't carry this (${why}).`,
    `It takes ${cells}, each with its own NATS and a part of the videos.`,
    `The numbers below are for one of them: ${whole(viewers)} viewers of ${whole(videos)} ${videos === 1 ? "video" : "videos"}${input.hotPercent > 0 ? ", including the hot one" : ""}.`,
  ];
  return [
    `${audience}.`,
    ...(cells > 1 ? spread : []),
    "",
    ...section("Processes", processRows(input, sizing)),
    "",
    ...section("To viewers", deliveryRows(sizing)),
    "",
    ...section("NATS", natsRows(input, sizing)),
    "",
    columns("NATS messages per second", 28, "in", "out"),
    ...sizing.nats.flows.map((flow) =>
      columns(`  ${flow.what}`, 28, count(flow.in), count(flow.out)),
    ),
    "",
    columns("Limits that more processes don't raise", 60, "here", "at most"),
    ...limits.map(({ what, value, limit }) => columns(`  ${what}`, 60, count(value), count(limit))),
    "",
  ].join("\n");
}

function columns(name: string, width: number, left: string, right: string): string {
  return `${name.padEnd(width)}${left.padStart(14)}${right.padStart(14)}`;
}

function section(title: string, rows: readonly Row[]): string[] {
  return [
    title,
    ...rows.map(([name, value, note]) =>
      `  ${name.padEnd(26)}${value.padStart(14)}  ${note}`.trimEnd(),
    ),
  ];
}

function processRows(input: SizingInput, { gateways, dispatchers, nats }: Sizing): Row[] {
  const spare = (number: number) => (number === 0 ? "" : `, ${number} of them spare`);
  return [
    [
      "gateways",
      whole(gateways.total),
      `${REASONS[gateways.because]}${spare(input.spareGateways)}`,
    ],
    ["  viewers on each", whole(gateways.viewersEach), `at most ${whole(gateways.viewersMost)}`],
    ["  memory of each", bytes(gateways.memoryBytes), ""],
    ["  cores in total", count(gateways.cores), "in use"],
    [
      "dispatchers",
      whole(dispatchers.total),
      `${REASONS[dispatchers.because]}${spare(input.spareDispatchers)}`,
    ],
    ["  requests", `${count(dispatchers.requests)}/s`, "likes in batches, comments, counts"],
    ["  messages to gateways", `${count(dispatchers.emits)}/s`, ""],
    ["  cores in total", count(dispatchers.cores), "in use"],
    [
      "NATS servers",
      whole(nats.total),
      `${REASONS[nats.because]}, of ${input.natsCores} cores each`,
    ],
    ["  cores in total", count(nats.cores), "in use"],
  ];
}

function deliveryRows({ delivery, gateways }: Sizing): Row[] {
  return [
    ["deliveries", `${count(delivery.deliveries)}/s`, "likes and comments, to each viewer"],
    [
      "socket writes",
      `${count(gateways.socketWrites)}/s`,
      `${count(delivery.framesEach)} frames per second to each`,
    ],
    ["network", bits(delivery.bytesOut), "including TCP and IP"],
    ["connects", `${count(gateways.connects)}/s`, "and as many disconnects"],
    [
      "a like is seen after",
      `${count(delivery.latencyP50Ms)} ms`,
      `half of the time; at most ${count(delivery.latencyMostMs)} ms`,
    ],
  ];
}

function natsRows(input: SizingInput, { nats }: Sizing): Row[] {
  const growth: Row = [
    "  grows by",
    bytes(nats.historyBytesPerDay),
    `a day at most, up to ${bytes(input.historyTotalBytes)}; then the oldest events are removed`,
  ];
  return [
    ["messages", `${count(nats.in)}/s`, `in, and ${count(nats.out)}/s out`],
    ["bytes", bits(nats.bytesIn), `in, and ${bits(nats.bytesOut)} out`],
    ["client connections", whole(nats.connections), ""],
    ["subscriptions", whole(nats.subscriptions), "one for each row, and a few for each process"],
    [
      "rows of the table",
      whole(nats.rows),
      `${bytes(nats.tableBytes)} of memory on each server with a replica`,
    ],
    ["  written", `${count(nats.rowWrites)}/s`, ""],
    ["leases", whole(nats.leases), `${count(nats.leaseWrites)} renewed per second`],
    ["comments stored", `${count(nats.records)}/s`, "records, of one or more comments"],
    ["history", bytes(nats.historyBytes), "on each disk, for the videos being watched"],
    ...(input.historyAgeMs === Number.POSITIVE_INFINITY ? [growth] : []),
  ];
}
