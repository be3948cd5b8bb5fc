/**
 * The simulated audience as a process of the local stack. It receives its size over its IPC channel
 * and reports how many viewers are connected.
 *
 *   node demo/audience/main.ts --url http://127.0.0.1:8080 --video launch --ops-port 9103
 */
import { parseArgs } from "node:util";
import { silentLog } from "../../shared/runtime/log.ts";
import { createRegistry, gaugeOf } from "../../shared/runtime/metrics.ts";
import { OpsServer } from "../../shared/runtime/ops.ts";
import { Crowd } from "./crowd.ts";
import { type Attendance, crowdSchema, TOKEN_VARIABLE } from "./messages.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    video: { type: "string" },
    "ops-port": { type: "string" },
  },
});
const { url, video } = values;
if (url === undefined || video === undefined) throw new Error("--url and --video are needed");

let connected = 0;
const crowd = new Crowd({
  url,
  video,
  token: process.env[TOKEN_VARIABLE] || undefined,
  onAttendance: (count) => {
    connected = count;
    process.send?.({ connected } satisfies Attendance);
  },
});
const registry = createRegistry();
gaugeOf(registry, "ovation_audience_connected", "Simulated viewers connected.", () => connected);
const ops = new OpsServer({
  host: "127.0.0.1",
  port: Number(values["ops-port"] ?? 0),
  registry,
  log: silentLog,
  conditions: () => [],
  settings: () => ({}),
});

process.on("message", (message) => crowd.set(crowdSchema.parse(message)));
for (const signal of ["SIGTERM", "SIGINT", "disconnect"]) {
  process.on(signal, () => {
    crowd.stop();
    process.exit(0);
  });
}
crowd.start();
await ops.start();
