/** What the chart renders from its values. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { NATS_USERS } from "../../kit/nats/access.ts";
import { hasPrometheus, promtool } from "../support/prometheus.ts";
import { CASES } from "./cases.ts";
import { differencesOf } from "./support/differences.ts";
import {
  CHART,
  helm,
  type Manifest,
  manifestsOf,
  podsOf,
  rendered,
  secretsOf,
  template,
  type Values,
  valueFlags,
} from "./support/helm.ts";
import { hasTools } from "./support/tools.ts";

const hasHelm = hasTools("the chart's manifests", "helm");
/** What a cluster serves if it is one of OpenShift. */
const OPENSHIFT = "security.openshift.io/v1";
const documented = new Set(
  readFileSync(join(CHART, "../../../docs/configuration.md"), "utf8").match(/OVATION_[A-Z_]+/g),
);

describe.skipIf(!hasHelm)("the manifests", () => {
  test("match their snapshot, by default", async () => {
    await expect([...rendered({}).values()].join("---\n")).toMatchFileSnapshot(
      "snapshots/default.yaml",
    );
  });

  const others = Object.entries(CASES).filter(([name]) => name !== "default");
  test.each(others)("of %s match the snapshot of their differences", async (name, values) => {
    const differences = await differencesOf(rendered({}), rendered(values));
    await expect(differences).toMatchFileSnapshot(`snapshots/${name}.diff`);
  });

  test.each(Object.entries(CASES))("of %s pass helm lint", (_, values) => {
    const args = ["lint", CHART, "--strict", "--kube-version", "1.34.0"];
    expect(helm([...args, ...valueFlags(values)])).toMatchObject({ ok: true });
  });
});

describe.skipIf(!hasHelm)("the pods", () => {
  test.each(Object.entries(CASES))("of %s get only existing settings", (_, values) => {
    const pods = [...podsOf(values).values()];
    const names = pods.flatMap((pod) => pod.containers.flatMap(({ env = [] }) => env));
    const settings = names.map(({ name }) => name).filter((name) => name.startsWith("OVATION_"));
    expect(settings).toContain("OVATION_NATS_URL");
    expect(settings.filter((name) => !documented.has(name))).toEqual([]);
  });

  test.each<[string, Values, string | undefined]>([
    ["none by default", {}, undefined],
    ["none for an Ingress of all paths", { "ingress.enabled": true }, undefined],
    ["the Ingress's", { "ingress.enabled": true, "ingress.path": "/live" }, "/live"],
    [
      "the Ingress's, without the trailing slash",
      { "ingress.enabled": true, "ingress.path": "/a/b/" },
      "/a/b",
    ],
    [
      "the HTTPRoute's",
      {
        "httpRoute.enabled": true,
        "httpRoute.parentRefs": [{ name: "public" }],
        "httpRoute.path": "/live",
      },
      "/live",
    ],
    ["none for the path of an Ingress that isn't enabled", { "ingress.path": "/live" }, undefined],
    [
      "that of a setting, where the path is stripped on the way",
      {
        "ingress.enabled": true,
        "ingress.path": "/live",
        "gateway.settings": { "base-path": "/" },
      },
      "/",
    ],
  ])("of gateways get the base path of what is in front of them: %s", (_, values, basePath) => {
    const pods = podsOf(values);
    const env = (pod: string) => pods.get(pod)?.containers.flatMap((one) => one.env ?? []) ?? [];
    const of = (pod: string, name: string) => env(pod).find((one) => one.name === name)?.value;
    expect(of("ovation-gateway", "OVATION_BASE_PATH")).toBe(basePath);
    expect(of("ovation-dispatcher", "OVATION_BASE_PATH")).toBeUndefined();
    const below = basePath === "/" ? "" : (basePath ?? "");
    expect(of("ovation-test", "TEST_GATEWAY_URL")).toBe(`http://ovation-gateway:80${below}`);
  });

  test("keep 3 replicas of what they store if there are 3 servers", () => {
    const replicas = (values: Values) => {
      const { containers } = podsOf(values).get("ovation-dispatcher") ?? { containers: [] };
      const names = ["OVATION_TABLE_REPLICAS", "OVATION_HISTORY_REPLICAS"];
      return names.map((name) => containers[0]?.env?.find((one) => one.name === name)?.value);
    };
    expect(replicas({})).toEqual(["3", "3"]);
    expect(replicas({ "nats.replicas": 1 })).toEqual(["1", "1"]);
  });

  test("of hooks send to one endpoint, or to those in the Secret", () => {
    const environment = (values: Values) => {
      const enabled = { "hooks.enabled": true, "hooks.existingSecret": "webhooks", ...values };
      const { containers } = podsOf(enabled).get("ovation-hooks") ?? { containers: [] };
      const entries = containers[0]?.env?.map(({ name, value }) => [name, value]) ?? [];
      return Object.fromEntries(entries) as Record<string, string>;
    };
    expect(environment({ "hooks.url": "https://backend.example/" })).toMatchObject({
      OVATION_HOOKS_URL: "https://backend.example/",
      OVATION_HOOKS_SECRET_FILE: "/etc/ovation/hooks/secret",
      OVATION_NATS_USER: "hooks",
    });
    expect(environment({})).toMatchObject({
      OVATION_HOOKS_FILE: "/etc/ovation/hooks/hooks.json",
    });
  });

  test("get only the Secret keys that they read", () => {
    const secrets = [...podsOf({})].map(([name, pod]) => [name, secretsOf(pod)] as const);
    expect(Object.fromEntries(secrets)).toEqual({
      "ovation-gateway": [
        "ovation-auth/OVATION_AUTH_SECOND_SECRET",
        "ovation-auth/OVATION_AUTH_SECRET",
        "ovation-nats-users/gateway",
      ],
      "ovation-dispatcher": ["ovation-nats-users/dispatcher"],
      "ovation-nats": [...NATS_USERS, "route"].map((user) => `ovation-nats-users/${user}`).sort(),
      "ovation-store-apply": ["ovation-nats-users/admin"],
      "ovation-test": ["ovation-auth/OVATION_AUTH_SECRET"],
      "ovation-doctor": ["ovation-nats-users/observer"],
    });
  });

  test("log in to an external NATS with their own credentials", () => {
    const pods = podsOf(CASES["own-nats-creds"] ?? {});
    for (const role of ["gateway", "dispatcher"]) {
      const pod = pods.get(`ovation-${role}`);
      expect(pod && secretsOf(pod)).toEqual([`ovation-creds/${role}`]);
      const names = pod?.containers[0]?.env?.map(({ name }) => name);
      expect(names).toContain("OVATION_NATS_CREDS_FILE");
      expect(names).not.toContain("OVATION_NATS_USER");
    }
  });

  test.each([
    ["OpenShift's own, where it is OpenShift", {}, ["--api-versions", OPENSHIFT], undefined],
    ["OpenShift's own, if told so", { openshift: "always" }, [], undefined],
    ["65532 elsewhere", {}, [], 65_532],
    ["65532 if told so", { openshift: "never" }, ["--api-versions", OPENSHIFT], 65_532],
  ])("run as the user that the cluster expects: %s", (_, values, args, user) => {
    const pods = [...podsOf(values, ...args)];
    expect(pods.length).toBeGreaterThan(3);
    for (const [name, { securityContext }] of pods) {
      const { runAsNonRoot, runAsUser, runAsGroup, fsGroup } = securityContext;
      const own = [runAsNonRoot, runAsUser, runAsGroup, fsGroup];
      expect([name, ...own]).toEqual([name, true, user, user, user]);
    }
  });

  test.each([0, 10, 90])("have time for preStop, drain and stop when a drain takes %i s", (s) => {
    const values = { "drain.seconds": s, "drain.preStopSeconds": 7 };
    for (const role of ["ovation-gateway", "ovation-dispatcher"]) {
      const pod = podsOf(values).get(role);
      const [container] = pod?.containers ?? [];
      const drain = container?.env?.find(({ name }) => name === "OVATION_DRAIN_MS")?.value;
      expect(drain).toBe(String(s * 1_000));
      expect(container?.lifecycle?.preStop.exec.command).toEqual(["sleep", "7"]);
      // A drain, and a stop that may take equally long: shared/runtime/run.ts.
      expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(7 + 2 * s);
    }
  });
});

describe.skipIf(!hasHelm)("invalid values", () => {
  test.each<[string, Values, string]>([
    ["unknown", { gatewy: {} }, "gatewy"],
    ["unknown at a lower level", { "gateway.replica": 3 }, "replica"],
    ["of another type", { "gateway.replicas": "three" }, "replicas"],
    ["out of range", { "drain.seconds": 601 }, "600"],
    ["2 servers, which have no majority", { "nats.replicas": 2 }, "replicas"],
    ["a proxy's name", { "gateway.trustedProxies": ["ingress"] }, "trustedProxies"],
    ["an open gateway with a secret", { "gateway.settings": { open: true } }, "auth.generate"],
    ["credentials for the chart's NATS", { "nats.login.kind": "creds" }, "nats.url"],
    ["a path that isn't one", { "ingress.path": "live" }, "path"],
    ["a path that is a pattern", { "ingress.path": "/live(/|$)(.*)" }, "path"],
    [
      "two paths",
      {
        "ingress.enabled": true,
        "httpRoute.enabled": true,
        "httpRoute.parentRefs": [{ name: "public" }],
        "httpRoute.path": "/live",
      },
      "must be the same",
    ],
    [
      "viewers to scale by, without a Prometheus for KEDA",
      { "gateway.autoscaling": { connections: { enabled: true }, keda: { enabled: true } } },
      "prometheusUrl",
    ],
    ["a route without a Gateway", { "httpRoute.enabled": true }, "parentRefs"],
  ])("%s are refused", (_, values, word) => {
    const { ok, stderr } = template(values);
    expect(ok).toBe(false);
    expect(stderr).toContain(word);
  });
});

describe.skipIf(!hasHelm || !hasPrometheus)("the alerts", () => {
  test("of a release with a name of its own find its processes and its NATS", async () => {
    const { ok, stdout, stderr } = template({
      fullnameOverride: "likes",
      "serviceMonitor.enabled": true,
      "prometheusRule.enabled": true,
      "nats.exporter.enabled": true,
    });
    if (!ok) throw new Error(stderr);
    const objects = manifestsOf(stdout);
    const rules = objects.find(({ kind }) => kind === "PrometheusRule");
    // A target's job is the name of its Service.
    const jobOf = (port: string) => {
      const has = ({ kind, spec }: Manifest) =>
        kind === "Service" && JSON.stringify(spec).includes(`"name":"${port}"`);
      return `namespace="live", job="${objects.find(has)?.metadata.name}"`;
    };
    const series = (name: string, values: string) => ({ series: name, values });
    const down = (instance: string, job: string) => ({
      exp_labels: { severity: "warning", namespace: "live", job, instance },
      exp_annotations: {
        summary: "A process has not answered Prometheus for a minute.",
        description: `${instance} doesn't answer. It has crashed, hangs, or can't be reached.`,
        runbook_url: "https://ovation.example/operations.md#ovationprocessdown",
      },
    });
    const ops = jobOf("ops");
    const tests = [
      {
        interval: "15s",
        input_series: [
          series(`up{${ops}, instance="g1"}`, "1x4 0x40"),
          series(`ovation_build_info{${ops}, instance="g1", role="gateway"}`, "1x4 stale"),
          series(`ovation_build_info{${ops}, instance="d1", role="dispatcher"}`, "1x40"),
          series(`up{${jobOf("exporter")}, instance="n1"}`, "0x40"),
        ],
        alert_rule_test: [
          {
            eval_time: "5m",
            alertname: "OvationProcessDown",
            exp_alerts: [down("g1", "likes-ops"), down("n1", "likes-nats-headless")],
          },
          { eval_time: "5m", alertname: "OvationNoDispatcher", exp_alerts: [] },
        ],
      },
    ];
    const folder = await mkdtemp(join(tmpdir(), "ovation-rules-"));
    const file = join(folder, "test.yaml");
    await writeFile(join(folder, "rules.yaml"), stringify(rules?.spec));
    await writeFile(file, stringify({ rule_files: ["rules.yaml"], tests }));
    expect(await promtool(["test", "rules", file])).toContain("SUCCESS");
    await rm(folder, { recursive: true });
  });
});
