import { expect, test } from "vitest";
import { passwordsBy } from "../../kit/nats/access.ts";
import { roleArgs } from "../../kit/role-process.ts";
import packageJson from "../../package.json" with { type: "json" };
import { loadConfig } from "../../shared/config/load.ts";
import { nodeFlags } from "../../shared/runtime/node-flags.ts";
import { commonConfig, roleEnv, roleFlags } from "./roles.ts";

const nats = { url: "nats://user:secret@127.0.0.1:4222" };

function gatewayConfig(env: NodeJS.ProcessEnv) {
  const flags = roleFlags("gateway", "gateway-1", ["--port", "8123"]);
  const config = commonConfig(env, nats);
  const loaded = loadConfig("gateway", flags, roleEnv(env, config, nats, "gateway"));
  if (loaded.outcome !== "config") throw new Error("expected a configuration");
  return loaded.config;
}

test("a gateway of the stack has its name as address, and kinds for probes and reactions", () => {
  const config = gatewayConfig({});
  expect(config).toMatchObject({ port: 8_123, address: "gateway-1", frameIntervalMinMs: 50 });
  expect(config.natsUrl).toEqual([nats.url]);
  expect(config.kinds).toEqual([
    { name: "like", deliveryClass: "transient" },
    { name: "comment", deliveryClass: "durable" },
    { name: "vote", deliveryClass: "vote" },
    { name: "probe", deliveryClass: "transient" },
    { name: "react", deliveryClass: "transient", variants: "any" },
  ]);
});

test("settings from the environment are kept", () => {
  const config = gatewayConfig({
    OVATION_FRAME_INTERVAL_MIN_MS: "7",
    OVATION_KINDS: "wave:latest,probe:transient,react:durable,cheer:transient:any",
    OVATION_LEASE_MS: "5000",
    OVATION_LEASE_RENEW_MS: "1000",
  });
  expect(config).toMatchObject({ frameIntervalMinMs: 7, leaseMs: 5_000 });
  expect(config.kinds).toEqual([
    { name: "wave", deliveryClass: "latest" },
    { name: "probe", deliveryClass: "transient" },
    { name: "react", deliveryClass: "durable" },
    { name: "cheer", deliveryClass: "transient", variants: "any" },
  ]);
});

test("each role logs in to the stack's own NATS as its own user, whatever login is set", () => {
  const passwords = passwordsBy((user) => `-of-${user}`);
  const own = { url: "nats://127.0.0.1:4222", passwords };
  const env = { OVATION_NATS_USER: "somebody", OVATION_NATS_PASSWORD: "hush" };
  const roles = roleEnv(env, commonConfig(env, own), own, "dispatcher");
  expect(roles).not.toHaveProperty("OVATION_NATS_USER");
  expect(roles["OVATION_NATS_URL"]).toBe("nats://dispatcher:p-of-dispatcher@127.0.0.1:4222");
});

test("a NATS password is in no argument, since everybody can read those", () => {
  expect(roleFlags("gateway", "gateway-1", []).join(" ")).not.toContain("secret");
});

test("a role is started with the same node flags here and by npm", () => {
  for (const role of ["gateway", "dispatcher"] as const) {
    const words = ["node", ...nodeFlags(role), `${role}/main.ts`];
    // Flags of the role follow.
    expect(`${packageJson.scripts[role]} `).toMatch(new RegExp(`^${words.join(" ")} `));
    expect(roleArgs(role, []).slice(0, words.length - 2)).toEqual(nodeFlags(role));
  }
});
