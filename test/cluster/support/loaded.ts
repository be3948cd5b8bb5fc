/** A gateway, a dispatcher, a viewer and a publisher that never stops, while NATS changes under them. */
import { expect } from "vitest";
import { Dispatcher } from "../../../dispatcher/dispatcher.ts";
import { Gateway } from "../../../gateway/gateway.ts";
import { freePort } from "../../../kit/nats/free-port.ts";
import { Ovation } from "../../../sdk/index.ts";
import { configFor } from "../../../shared/config/load.ts";
import { newNodeId } from "../../../shared/protocol/names.ts";
import { silentLog } from "../../../shared/runtime/log.ts";
import { eventually } from "../../support/eventually.ts";
import type { NatsCluster } from "../../support/nats-cluster.ts";
import { natsUrlAs } from "../../support/nats-users.ts";
import { ROOMY_DISPATCHER, ROOMY_GATEWAY } from "../../support/roomy.ts";

const VIDEO = "launch";
/** At each stage, so many more comments are acknowledged before the next step. */
const EACH = 20;
const WITHIN_MS = 120_000;
/** So that no comment of a test is trimmed. */
export const KEPT = { historyEvents: 10_000 };
const READ_AT_ONCE = 1_000;

/** The settings of these tests' processes, for `ovation store`. */
export const KEPT_ENV = { OVATION_HISTORY_EVENTS: `${KEPT.historyEvents}` };

export function urlsOf({ servers }: NatsCluster): string[] {
  return servers.map(({ url }) => url);
}

export async function startDispatcher(
  urls: readonly string[],
  replicas: number,
): Promise<Dispatcher> {
  const natsUrl = urls.map((url) => natsUrlAs("dispatcher", url));
  const more = { historyReplicas: replicas, tableReplicas: replicas, ...KEPT };
  const config = configFor("dispatcher", { natsUrl, opsPort: 0, ...ROOMY_DISPATCHER, ...more });
  const dispatcher = new Dispatcher(newNodeId(), config, silentLog);
  await dispatcher.start();
  return dispatcher;
}

export async function startGateway(
  urls: readonly string[],
  port: number,
  replicas: number,
): Promise<Gateway> {
  const natsUrl = urls.map((url) => natsUrlAs("gateway", url));
  const more = { historyReplicas: replicas, tableReplicas: replicas, ...KEPT };
  const fixed = { host: "127.0.0.1", port, opsPort: 0, open: true, drainMs: 500 };
  const config = configFor("gateway", { natsUrl, ...fixed, ...ROOMY_GATEWAY, ...more });
  const gateway = new Gateway(newNodeId(), config, silentLog);
  await gateway.start();
  return gateway;
}

export async function end(node: Dispatcher | Gateway): Promise<void> {
  await node.drain();
  await node.stop();
}

/** The ids of the newest comments that a gateway reads from the history. */
export async function keptAt(port: number): Promise<string[]> {
  const reader = new Ovation({ url: `http://127.0.0.1:${port}` });
  const { events } = await reader.video(VIDEO).readHistory({ limit: READ_AT_ONCE });
  reader.close();
  return events.map(({ id }) => id);
}

export class Loaded {
  /** The ids of the comments that were acknowledged, in order. */
  readonly acknowledged: string[] = [];
  readonly port: number;
  readonly #publisher: Ovation;
  readonly #viewer: Ovation;
  readonly #seen: string[] = [];
  #dispatcher: Dispatcher;
  #gateway: Gateway;
  #resets = 0;
  #isPublishing = true;
  readonly #publishing: Promise<void>;

  private constructor(port: number, dispatcher: Dispatcher, gateway: Gateway) {
    this.port = port;
    this.#dispatcher = dispatcher;
    this.#gateway = gateway;
    const url = `http://127.0.0.1:${port}`;
    this.#publisher = new Ovation({ url });
    this.#viewer = new Ovation({ url });
    // The first comments may be published before it is subscribed.
    const watched = this.#viewer.video(VIDEO, { history: EACH });
    watched.on("comment", ({ id }) => this.#seen.push(id));
    watched.on("reset", () => {
      this.#resets += 1;
    });
    this.#publishing = this.#publish();
    // A test that has failed doesn't wait for it.
    this.#publishing.catch(() => undefined);
  }

  static async start(urls: readonly string[], replicas: number): Promise<Loaded> {
    const port = await freePort();
    const dispatcher = await startDispatcher(urls, replicas);
    const loaded = new Loaded(port, dispatcher, await startGateway(urls, port, replicas));
    await loaded.more();
    return loaded;
  }

  /** Resolves when more comments have been acknowledged. */
  async more(): Promise<void> {
    const wanted = this.acknowledged.length + EACH;
    await eventually(() => this.acknowledged.length >= wanted, WITHIN_MS);
  }

  /** Ends the dispatcher, does the work, and starts both roles at other servers. */
  async moved(
    work: () => Promise<unknown>,
    urls: readonly string[],
    replicas: number,
  ): Promise<void> {
    await end(this.#dispatcher);
    await work();
    this.#dispatcher = await startDispatcher(urls, replicas);
    await end(this.#gateway);
    this.#gateway = await startGateway(urls, this.port, replicas);
  }

  /** Ends the load; the viewer must have seen what was acknowledged, in that order, without a reset. */
  async check(): Promise<void> {
    this.#isPublishing = false;
    await this.#publishing;
    const last = this.acknowledged.at(-1) ?? "";
    await eventually(() => this.#seen.includes(last), WITHIN_MS);
    expect(this.#seen).toEqual(this.acknowledged);
    expect(this.#resets).toBe(0);
    expect(await keptAt(this.port)).toEqual(this.acknowledged.slice(-READ_AT_ONCE));
    process.stdout.write(`${this.acknowledged.length} comments, all there\n`);
  }

  async stop(): Promise<void> {
    this.#isPublishing = false;
    this.#publisher.close();
    this.#viewer.close();
    await end(this.#gateway);
    await end(this.#dispatcher);
  }

  async #publish(): Promise<void> {
    while (this.#isPublishing) {
      const { eventId } = await this.#publisher.video(VIDEO).publish("comment", { text: "hello" });
      this.acknowledged.push(eventId);
    }
  }
}
