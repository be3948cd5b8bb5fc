/** An Alertmanager for one test, from Debian's package `prometheus-alertmanager`, and who it tells. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { freePort } from "../../kit/nats/free-port.ts";
import { eventually } from "./eventually.ts";
import { isInstalled } from "./prometheus.ts";

const SHIPPED = join(import.meta.dirname, "../../deploy/observability/alertmanager.yml");
const PROGRAM = "prometheus-alertmanager";

/** Unless tools are required, tests that need it are left out, by name. */
export const hasAlertmanager = isInstalled(PROGRAM) || Boolean(process.env["OVATION_TEST_REQUIRE"]);
if (!hasAlertmanager) process.stderr.write(`Left out: tests of notifications (no ${PROGRAM})\n`);

const configSchema = z.looseObject({
  route: z.looseObject({
    group_wait: z.string(),
    group_interval: z.string(),
    repeat_interval: z.string(),
  }),
  receivers: z.array(z.looseObject({ name: z.string() })),
});
const notificationSchema = z.object({
  receiver: z.string(),
  status: z.enum(["firing", "resolved"]),
  alerts: z.array(
    z.object({ status: z.string(), labels: z.looseObject({ alertname: z.string() }) }),
  ),
});
/** As Alertmanager sends it to a webhook. */
export type Notification = z.output<typeof notificationSchema>;

const SECONDS = { s: 1, m: 60, h: 3_600 } as const;

/** A time of Alertmanager's, such as `2m`, divided. */
function shorter(time: string, factor: number): string {
  const unit = time.slice(-1) as keyof typeof SECONDS;
  return `${Math.ceil((Number.parseInt(time, 10) * SECONDS[unit]) / factor)}s`;
}

/** The shipped example with shorter times, whose receivers are webhooks. */
async function configFor(webhook: string, factor: number): Promise<string> {
  const { route, receivers, ...rest } = configSchema.parse(parse(await readFile(SHIPPED, "utf8")));
  return stringify({
    ...rest,
    route: {
      ...route,
      group_wait: shorter(route.group_wait, factor),
      group_interval: shorter(route.group_interval, factor),
      repeat_interval: shorter(route.repeat_interval, factor),
    },
    receivers: receivers.map(({ name }) =>
      name === "nobody" ? { name } : { name, webhook_configs: [{ url: webhook }] },
    ),
  });
}

export class TestAlertmanager {
  /** In the order of arrival. */
  readonly notifications: Notification[] = [];
  /** Where Prometheus sends alerts: host and port. */
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #receiver: Server;

  private constructor(child: ChildProcess, folder: string, receiver: Server, address: string) {
    this.#child = child;
    this.#folder = folder;
    this.#receiver = receiver;
    this.address = address;
  }

  /** @param factor by which the shipped times are divided */
  static async start(factor: number): Promise<TestAlertmanager> {
    const receiver = createServer();
    receiver.listen(0, "127.0.0.1");
    await once(receiver, "listening");
    const webhook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const folder = await mkdtemp(join(tmpdir(), "ovation-alertmanager-"));
    const config = join(folder, "alertmanager.yml");
    await writeFile(config, await configFor(webhook, factor));
    const address = `127.0.0.1:${await freePort()}`;
    const flags = [
      `--config.file=${config}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=${address}`,
      // Alone.
      "--cluster.listen-address=",
      "--log.level=warn",
    ];
    const child = spawn(PROGRAM, flags, { stdio: ["ignore", "inherit", "inherit"] });
    const manager = new TestAlertmanager(child, folder, receiver, address);
    receiver.on("request", async (request, response) => {
      manager.notifications.push(notificationSchema.parse(JSON.parse(await text(request))));
      response.end();
    });
    try {
      await once(child, "spawn");
      const ready = async () =>
        await fetch(`http://${address}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        );
      await eventually(ready);
    } catch (error) {
      await manager.stop();
      throw error;
    }
    return manager;
  }

  async stop(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) {
      const exit = once(this.#child, "exit");
      this.#child.kill("SIGKILL");
      await exit;
    }
    this.#receiver.closeAllConnections();
    this.#receiver.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
