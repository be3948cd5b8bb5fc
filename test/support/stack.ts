/** Several gateways and dispatchers in this process, against one real nats-server. */
import { jetstreamManager } from "@nats-io/jetstream";
import { Dispatcher } from "../../dispatcher/dispatcher.ts";
import { Gateway } from "../../gateway/gateway.ts";
import { readMetrics } from "../../kit/metrics-page.ts";
import { configFor } from "../../shared/config/load.ts";
import type { DispatcherConfig, GatewayConfig } from "../../shared/config/settings.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { createLog, type Log } from "../../shared/runtime/log.ts";
import { eventually } from "./eventually.ts";
import { startTestNats, type TestNats, type TestNatsOptions } from "./nats.ts";
import { connectTo, natsUrlAs } from "./nats-users.ts";
import { ROOMY_DISPATCHER, ROOMY_GATEWAY } from "./roomy.ts";
import { createStores } from "./stores.ts";

export interface StackOptions {
  readonly gateways?: number;
  readonly dispatchers?: number;
  readonly gateway?: Partial<GatewayConfig>;
  /** The gateways' log. */
  readonly gatewayLog?: Log;
  readonly dispatcher?: Partial<DispatcherConfig>;
  readonly nats?: TestNatsOptions;
}

/** Silent, unless OVATION_TEST_LOG names a level. */
function testLog(role: string): Log {
  return createLog(role, role, process.env["OVATION_TEST_LOG"] ?? "silent");
}

export class TestStack {
  readonly nats: TestNats;
  readonly gateways: Gateway[] = [];
  readonly dispatchers: Dispatcher[] = [];
  readonly #options: StackOptions;

  private constructor(nats: TestNats, options: StackOptions) {
    this.nats = nats;
    this.#options = options;
  }

  static async start(options: StackOptions = {}): Promise<TestStack> {
    const stack = new TestStack(await startTestNats(options.nats), options);
    const { dispatchers = 1 } = options;
    if (dispatchers === 0) await createStores(stack.nats.url);
    for (let count = dispatchers; count > 0; count -= 1) await stack.addDispatcher();
    for (let count = options.gateways ?? 1; count > 0; count -= 1) await stack.addGateway();
    return stack;
  }

  /** The first gateway, for tests that need one or any. */
  get gateway(): Gateway {
    return this.gatewayAt(0);
  }

  /** Gateways by number, wrapping around after the last. */
  gatewayAt(index: number): Gateway {
    const gateway = this.gateways[index % this.gateways.length];
    if (gateway === undefined) throw new Error("the stack has no gateway");
    return gateway;
  }

  async addGateway(config: Partial<GatewayConfig> = {}): Promise<Gateway> {
    const gateway = new Gateway(
      newNodeId(),
      configFor("gateway", {
        natsUrl: [natsUrlAs("gateway", this.nats.url)],
        host: "127.0.0.1",
        port: 0,
        opsPort: 0,
        open: true,
        ...ROOMY_GATEWAY,
        ...this.#options.gateway,
        ...config,
      }),
      this.#options.gatewayLog ?? testLog("gateway"),
    );
    await gateway.start();
    this.gateways.push(gateway);
    return gateway;
  }

  async addDispatcher(config: Partial<DispatcherConfig> = {}): Promise<Dispatcher> {
    const dispatcher = new Dispatcher(
      newNodeId(),
      configFor("dispatcher", {
        natsUrl: [natsUrlAs("dispatcher", this.nats.url)],
        opsPort: 0,
        ...ROOMY_DISPATCHER,
        ...this.#options.dispatcher,
        ...config,
      }),
      testLog("dispatcher"),
    );
    await dispatcher.start();
    this.dispatchers.push(dispatcher);
    return dispatcher;
  }

  /** Resolves when every dispatcher sees this number of viewers of the video. */
  async mirrored(video: string, viewers: number): Promise<void> {
    await eventually(() =>
      this.dispatchers.every(({ routes }) => routes.viewers(video) === viewers),
    );
  }

  /**
   * Resolves when every gateway and dispatcher reports ready.
   * @throws with what one of them lacks
   */
  async ready(): Promise<void> {
    for (const { opsPort } of [...this.gateways, ...this.dispatchers]) {
      let report = "";
      const isReady = async () => {
        const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`);
        report = await answer.text();
        return answer.ok;
      };
      await eventually(isReady).catch((error: unknown) => {
        throw new Error(`not ready: ${report}`, { cause: error });
      });
    }
  }

  /** Deletes a bucket of the table without notice. */
  async deleteBucket(name: string): Promise<void> {
    await this.deleteStream(`KV_${name}`);
  }

  /** Deletes a stream without notice. */
  async deleteStream(name: string): Promise<void> {
    const connection = await connectTo(this.nats.url);
    try {
      await (await jetstreamManager(connection)).streams.delete(name);
    } finally {
      await connection.close();
    }
  }

  /** Permission violations of all gateways and dispatchers that are still running. */
  async #violations(): Promise<number> {
    const name = "ovation_bus_permission_violations_total";
    const counts = [...this.gateways, ...this.dispatchers].map((node) =>
      metric(node, name).catch(() => 0),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** Stops everything. @throws if a role did something that its NATS user may not do */
  async stop(): Promise<void> {
    const violations = await this.#violations();
    for (const gateway of this.gateways) await gateway.stop();
    for (const dispatcher of this.dispatchers) await dispatcher.stop();
    await this.nats.stop();
    if (violations > 0)
      throw new Error(
        `NATS refused ${violations} operations: set OVATION_TEST_LOG=error to see them`,
      );
  }
}

/** A metric's value, as Prometheus would read it: the sum over its label sets. */
export async function metric(node: { readonly opsPort: number }, name: string): Promise<number> {
  const page = await readMetrics(`http://127.0.0.1:${node.opsPort}/metrics`);
  if (!page.has(name)) throw new Error(`no metric ${name}`);
  return page.sum(name);
}
