/** A stack for tests of bad input, with a check after each test that it had no effect. */
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
 * Starts a stack for the surrounding tests. After each of them, it checks that nothing foreign reached
 * the bus and that another viewer, on `wire`, still gets its events.
 * @returns a getter for the running stack
 */
export function useWatchedStack(
  gateway: Partial<GatewayConfig>,
  wire: TestWire,
): () => WatchedStack {
  let watched: WatchedStack | undefined;
  let onlooker: Awaited<ReturnType<typeof watch>> | undefined;
  const get = (): WatchedStack => {
    if (watched === undefined) throw new Error("the stack is not running");
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
