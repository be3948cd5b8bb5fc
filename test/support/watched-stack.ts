/** A stack on which bad input is tried, and a check after each test that nothing came of it. */
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { BusSniffer } from "./raw.ts";
import { TestStack } from "./stack.ts";
import { type TestWire, watch } from "./viewer.ts";

export interface WatchedStack {
  readonly stack: TestStack;
  readonly sniffer: BusSniffer;
  readonly port: number;
}

/**
 * Starts a stack for the tests around it. After each of them, nothing foreign has reached the bus,
 * and a viewer on `wire` beside it still gets its events.
 * @returns what gives the stack, once it runs
 */
export function useWatchedStack(
  gateway: Partial<GatewayConfig>,
  wire: TestWire,
): () => WatchedStack {
  let watched: WatchedStack | undefined;
  let onlooker: Awaited<ReturnType<typeof watch>> | undefined;
  const get = (): WatchedStack => {
    if (watched === undefined) throw new Error("the stack does not run");
    return watched;
  };
  beforeAll(async () => {
    const stack = await TestStack.start({ gateway });
    const sniffer = await BusSniffer.start(stack.nats.url);
    watched = { stack, sniffer, port: stack.gateway.port };
    onlooker = await watch(wire, watched.port, "ok-fence");
    await stack.mirrored("ok-fence", 1);
  });
  afterEach(async () => {
    const { sniffer, port } = get();
    const fence = await sniffer.fence(port);
    expect(sniffer.takeForeign()).toEqual([]);
    const likes = () => onlooker?.of("ok-fence", "like") ?? [];
    await onlooker?.until(() => likes().some(({ data }) => data === fence));
  });
  afterAll(async () => {
    await onlooker?.close();
    await watched?.sniffer.stop();
    await watched?.stack.stop();
  });
  return get;
}
