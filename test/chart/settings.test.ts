/** Settings in the chart's values: Helm refuses what a role would refuse at its start. */
import { describe, expect, test } from "vitest";
import { settingsOf } from "../../shared/config/roles.ts";
import { settingNames } from "../../shared/config/setting.ts";
import { podsOf, template, type Values } from "./support/helm.ts";
import { hasTools } from "./support/tools.ts";

const hasHelm = hasTools("settings in the chart's values", "helm");
const ROLES = ["gateway", "dispatcher"] as const;
const flagOf = (key: string) => settingNames(key).flag.slice(2);
/** They follow from other values, which the refusal names. */
const OF_THE_CHART = new Set([
  ...["port", "natsUrl", "trustedProxies", "drainMs", "opsPort", "opsHost", "open"],
]);

/** The default as YAML would hold it: a number or a switch, where the text is one. */
function plain(text: string): unknown {
  return /^(?:true|false|-?[0-9.]+)$/.test(text) ? JSON.parse(text) : text;
}

describe.skipIf(!hasHelm)("the settings of the roles", () => {
  test.each(ROLES)("of %ss are taken as the role itself takes them", (role) => {
    const entries = Object.entries(settingsOf(role)).flatMap(([key, { defaultText, secret }]) =>
      OF_THE_CHART.has(key) || secret || !defaultText ? [] : [[key, plain(defaultText)] as const],
    );
    expect(entries.length).toBeGreaterThan(30);
    const values = Object.fromEntries(entries.map(([key, value]) => [flagOf(key), value]));
    const pod = podsOf({ [`${role}.settings`]: values }).get(`ovation-${role}`);
    const env = pod?.containers[0]?.env ?? [];
    for (const [key, value] of entries) {
      const found = env.find(({ name }) => name === settingNames(key).env);
      expect([key, found?.value]).toEqual([key, String(value)]);
    }
  });

  test.each(ROLES)("of %ss that are secret are refused in plain text", (role) => {
    const secret = Object.entries(settingsOf(role)).filter(([, setting]) => setting.secret);
    expect(secret.length).toBeGreaterThan(1);
    for (const [key] of secret) {
      const { ok, stderr } = template({ [`${role}.settings`]: { [flagOf(key)]: "hunter2" } });
      expect([key, ok]).toEqual([key, false]);
      expect(stderr).toContain(`${flagOf(key)} can't be set here; see `);
    }
  });

  test.each<[string, Values, string]>([
    ["misspelled", { "gateway.settings": { "frame-evnts": 1 } }, "'frame-evnts' not allowed"],
    ["of the other role", { "gateway.settings": { "store-queue-limit": 1 } }, "store-queue-limit"],
    ["of one role, for both", { settings: { "frame-events": 200 } }, "'frame-events' not allowed"],
    ["too small", { "gateway.settings": { "frame-events": 0 } }, "frame-events': minimum"],
    ["of another type", { "gateway.settings": { "share-port": "yes" } }, "want boolean"],
    ["of no choice", { settings: { "log-level": "loud" } }, "log-level': value must be one of"],
    ["by its variable", { "gateway.settings": { OVATION_PORT: 1 } }, "OVATION_PORT"],
    ["that the chart sets", { settings: { "drain-ms": 1 } }, "drain.seconds"],
    ["that has a value", { "gateway.settings": { "trusted-proxies": "::1" } }, "trustedProxies"],
  ])("are refused when one is %s", (_, values, word) => {
    const { ok, stderr } = template(values);
    expect(ok).toBe(false);
    expect(stderr).toContain(word);
  });

  test("may be 'forever' where the role takes that, and large numbers stay whole", () => {
    const settings = { "history-age-ms": "forever", "history-total-bytes": 1_099_511_627_776 };
    const env = podsOf({ settings }).get("ovation-dispatcher")?.containers[0]?.env ?? [];
    const textOf = (wanted: string) => env.find(({ name }) => name === wanted)?.value;
    expect(textOf("OVATION_HISTORY_AGE_MS")).toBe("forever");
    expect(textOf("OVATION_HISTORY_TOTAL_BYTES")).toBe("1099511627776");
  });
});
