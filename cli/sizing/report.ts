/** A sizing as a person reads it. */
import type { Sizing } from "./model.ts";
import type { Need } from "./needs.ts";
import { bits, bytes, count, whole } from "./numbers.ts";
import type { SizingInput } from "./settings.ts";

type Row = readonly [name: string, value: string, note: string];

const REASONS: Readonly<Record<Need["because"], string>> = {
  connections: "as many as hold the connections",
  processor: "by the processor",
  streams: "by the event streams that each may hold",
  replicas: "as many as there are copies",
};

/** @returns the whole text, with a line break at its end */
export function reportText(input: SizingInput, sizing: Sizing): string {
  const { cells, why, viewers, videos, limits } = sizing;
  const audience = `${whole(input.viewers)} viewers of ${whole(input.videos)} ${input.videos === 1 ? "video" : "videos"}, ${count(input.likes)} likes and ${count(input.comments)} comments a second`;
  const spread = [
    `One deployment can't carry that (${why}).`,
    `It takes ${cells}, each with a NATS of its own and a part of the videos.`,
    `What follows is for one of them: ${whole(viewers)} viewers of ${whole(videos)} ${videos === 1 ? "video" : "videos"}${input.hotPercent > 0 ? ", the hot one among them" : ""}.`,
  ];
  return [
    `${audience}.`,
    ...(cells > 1 ? spread : []),
    "",
    ...section("Processes", processRows(input, sizing)),
    "",
    ...section("To viewers", deliveryRows(sizing)),
    "",
    ...section("NATS", natsRows(sizing)),
    "",
    columns("Messages of NATS a second", 28, "in", "out"),
    ...sizing.nats.flows.map((flow) =>
      columns(`  ${flow.what}`, 28, count(flow.in), count(flow.out)),
    ),
    "",
    columns("What more processes don't help against", 60, "here", "at most"),
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
  const spare = (number: number) => (number === 0 ? "" : `, ${number} of them to spare`);
  return [
    [
      "gateways",
      whole(gateways.total),
      `${REASONS[gateways.because]}${spare(input.spareGateways)}`,
    ],
    ["  viewers on each", whole(gateways.viewersEach), `at most ${whole(gateways.viewersMost)}`],
    ["  memory of each", bytes(gateways.memoryBytes), ""],
    ["  cores, over all", count(gateways.cores), "in use"],
    [
      "dispatchers",
      whole(dispatchers.total),
      `${REASONS[dispatchers.because]}${spare(input.spareDispatchers)}`,
    ],
    ["  requests", `${count(dispatchers.requests)}/s`, "likes in batches, comments, counts"],
    ["  messages to gateways", `${count(dispatchers.emits)}/s`, ""],
    ["  cores, over all", count(dispatchers.cores), "in use"],
    [
      "NATS servers",
      whole(nats.total),
      `${REASONS[nats.because]}, of ${input.natsCores} cores each`,
    ],
    ["  cores, over all", count(nats.cores), "in use"],
  ];
}

function deliveryRows({ delivery, gateways }: Sizing): Row[] {
  return [
    ["deliveries", `${count(delivery.deliveries)}/s`, "likes and comments, to each who watches"],
    [
      "socket writes",
      `${count(gateways.socketWrites)}/s`,
      `${count(delivery.framesEach)} frames a second to each`,
    ],
    ["network", bits(delivery.bytesOut), "with TCP and IP"],
    ["connects", `${count(gateways.connects)}/s`, "and as many that go"],
    [
      "a like is seen after",
      `${count(delivery.latencyP50Ms)} ms`,
      `half of the time; at most ${count(delivery.latencyMostMs)} ms`,
    ],
  ];
}

function natsRows({ nats }: Sizing): Row[] {
  return [
    ["messages", `${count(nats.in)}/s`, `in, and ${count(nats.out)}/s out`],
    ["bytes", bits(nats.bytesIn), `in, and ${bits(nats.bytesOut)} out`],
    ["client connections", whole(nats.connections), ""],
    ["subscriptions", whole(nats.subscriptions), "one for each row, and a few of each process"],
    [
      "rows of the table",
      whole(nats.rows),
      `${bytes(nats.tableBytes)} of memory on each server that has a copy`,
    ],
    ["  written", `${count(nats.rowWrites)}/s`, ""],
    ["leases", whole(nats.leases), `${count(nats.leaseWrites)} renewed a second`],
    ["comments stored", `${count(nats.records)}/s`, "records, of one or more comments"],
    ["history", bytes(nats.historyBytes), "on each disk, of the videos that are watched now"],
  ];
}
