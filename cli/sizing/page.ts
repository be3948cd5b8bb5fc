/** The tables of docs/sizing.md: worked sizes, measured costs, and the model against the bench. */

import { settingNames } from "../../shared/config/setting.ts";
import { flowsOf } from "./flows.ts";
import { type Sizing, sizingOf } from "./model.ts";
import { gatewayNeed } from "./needs.ts";
import { bits, bytes, count, whole } from "./numbers.ts";
import { sizingInput } from "./options.ts";
import { costSettings, type SizingInput } from "./settings.ts";

const SIZES = [10_000, 100_000, 1_000_000, 10_000_000];
const VIEWERS_PER_VIDEO = 1_000;
const VIEWERS_PER_LIKE = 100;
const VIEWERS_PER_COMMENT = 2_000;
/** A cluster of three servers, and gateways with file limits that don't bound their viewers. */
const COMMON = { tableReplicas: 3, historyReplicas: 3, files: 100_000 } as const;

function audience(viewers: number, more: Partial<SizingInput>): SizingInput {
  return sizingInput({
    ...COMMON,
    viewers,
    videos: viewers / VIEWERS_PER_VIDEO,
    likes: viewers / VIEWERS_PER_LIKE,
    comments: viewers / VIEWERS_PER_COMMENT,
    ...more,
  });
}

type Line = readonly [name: string, of: (sizing: Sizing, input: SizingInput) => string];

const LINES: readonly Line[] = [
  ["videos", (_, { videos }) => whole(videos)],
  ["likes, comments", (_, { likes, comments }) => `${whole(likes)}/s, ${whole(comments)}/s`],
  ["**deployments**", ({ cells }) => `**${whole(cells)}**`],
  ["viewers of one", ({ viewers }) => whole(viewers)],
  ["gateways", ({ gateways }) => whole(gateways.total)],
  ["memory of a gateway", ({ gateways }) => bytes(gateways.memoryBytes)],
  ["dispatchers", ({ dispatchers }) => whole(dispatchers.total)],
  ["NATS servers of 4 cores", ({ nats }) => whole(nats.total)],
  ["their cores in use", ({ nats }) => count(nats.cores)],
  ["messages in", ({ nats }) => `${count(nats.in)}/s`],
  ["messages out", ({ nats }) => `${count(nats.out)}/s`],
  ["bytes in and out", ({ nats }) => `${bits(nats.bytesIn)}, ${bits(nats.bytesOut)}`],
  ["client connections", ({ nats }) => whole(nats.connections)],
  ["subscriptions", ({ nats }) => whole(nats.subscriptions)],
  ["rows of the table", ({ nats }) => `${whole(nats.rows)}, ${bytes(nats.tableBytes)}`],
  ["row writes", ({ nats }) => `${count(nats.rowWrites)}/s`],
  ["leases, renewals", ({ nats }) => `${whole(nats.leases)}, ${count(nats.leaseWrites)}/s`],
  ["records of comments", ({ nats }) => `${count(nats.records)}/s`],
  ["history on each disk", ({ nats }) => bytes(nats.historyBytes)],
  ["deliveries", ({ delivery }) => `${count(delivery.deliveries)}/s`],
  ["network to viewers", ({ delivery }) => bits(delivery.bytesOut)],
];

/** Columns are sizes, at these settings. */
export function sizesTable(more: Partial<SizingInput> = {}): string {
  const columns = SIZES.map((viewers) => {
    const input = audience(viewers, more);
    return { input, sizing: sizingOf(input) };
  });
  return table([
    ["viewers", ...SIZES.map((viewers) => whole(viewers))],
    ...LINES.map(([name, of]) => [name, ...columns.map(({ sizing, input }) => of(sizing, input))]),
  ]);
}

/** What NATS carries for half a million viewers, by purpose. */
export function natsTable(): string {
  const { nats, cells } = sizingOf(audience(500_000, { frameIntervalMaxMs: 250 }));
  const rows = nats.flows.map((flow) => [flow.what, `${count(flow.in)}/s`, `${count(flow.out)}/s`]);
  if (cells !== 1) throw new Error("the table must be of a whole deployment");
  return table([["purpose", "messages in", "messages out"], ...rows]);
}

export function costsTable(): string {
  const rows = Object.entries(costSettings).map(([key, { defaultText, allowed, doc }]) => {
    const unit = /\(([^()]*)\)$/.exec(allowed)?.[1] ?? "";
    return [`\`${settingNames(key).flag}\``, `${figure(defaultText)} ${unit}`, doc];
  });
  return table([["flag", "default", "description"], ...rows]);
}

function figure(text: string | undefined): string {
  const value = Number(text);
  return Number.isInteger(value) ? whole(value) : String(value);
}

/** Runs of the bench, with frames every 60 ms, two gateways and two dispatchers. */
interface Run {
  readonly command: string;
  readonly given: Partial<SizingInput>;
  readonly writes: number;
  readonly gatewayCores: number;
}

const RUNS: readonly Run[] = [
  {
    command: "likes --viewers 2000",
    given: { viewers: 2_000, likes: 100, comments: 0 },
    writes: 33_244,
    gatewayCores: 0.37,
  },
  {
    command: "likes --viewers 4000",
    given: { viewers: 4_000, likes: 100, comments: 0 },
    writes: 63_089,
    gatewayCores: 0.55,
  },
  {
    command: "likes --viewers 8000",
    given: { viewers: 8_000, likes: 100, comments: 0 },
    writes: 84_625,
    gatewayCores: 0.74,
  },
  {
    command: "comments --viewers 500 --rate 50",
    given: { viewers: 500, likes: 0, comments: 50 },
    writes: 8_322,
    gatewayCores: 0.13,
  },
];

export function measuredTable(): string {
  const rows = RUNS.map(({ command, given, writes, gatewayCores }) => {
    const input = sizingInput({ connects: 0, ...given });
    const flows = flowsOf(input, 2, 2);
    return [
      `\`${command}\``,
      `${whole(writes)}/s`,
      `${whole(flows.socketWrites)}/s`,
      gatewayCores.toFixed(2),
      gatewayNeed(input, flows).cores.toFixed(2),
    ];
  });
  const head = ["run", "socket writes", "by the model", "gateways' cores", "by the model"];
  return table([head, ...rows]);
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
