/** The chart on a real Kubernetes API server, which checks and stores objects but runs nothing. */
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { NATS_USERS } from "../../kit/nats/access.ts";
import { CASES } from "./cases.ts";
import { type ApiServer, startApiServer } from "./support/api-server.ts";
import { DEFINITION_FILES, readDefinitions } from "./support/definitions.ts";
import {
  helm,
  manifestsOf,
  packedChart,
  template,
  type Values,
  valueFlags,
} from "./support/helm.ts";
import { hasTools } from "./support/tools.ts";

const SERVER_TOOLS = ["helm", "etcd", "kube-apiserver", ...DEFINITION_FILES];
const canServe = hasTools("the chart on a Kubernetes API server", ...SERVER_TOOLS);
const NAMESPACE = "live";
let server: ApiServer;
/** The chart as it is published. */
let packed: string;

beforeAll(async () => {
  if (!canServe) return;
  packed = await packedChart();
  server = await startApiServer();
  await created("/api/v1/namespaces", {
    metadata: {
      name: NAMESPACE,
      labels: {
        "pod-security.kubernetes.io/enforce": "restricted",
        // It only warns about a Deployment's pods: it refuses the pods themselves.
        "pod-security.kubernetes.io/warn": "restricted",
      },
    },
  });
  for (const name of ["live", "live-storage"]) {
    await created("/apis/scheduling.k8s.io/v1/priorityclasses", {
      metadata: { name },
      value: 1000,
    });
  }
  for (const definition of readDefinitions()) {
    await created("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    const { group, names, versions } = definition.spec;
    await served(`/apis/${group}/${versions[0]?.name}/namespaces/${NAMESPACE}/${names.plural}`);
  }
});

// A failed install must not affect the other tests.
afterEach(() => {
  run("uninstall", "ovation", "--ignore-not-found");
});

afterAll(async () => {
  await server?.stop();
  if (packed !== undefined) await rm(dirname(packed), { recursive: true, force: true });
});

async function created(path: string, object: object): Promise<void> {
  const { status, body } = await server.ask("POST", path, object);
  if (status !== 201) throw new Error(JSON.stringify(body));
}

/** A new kind is served shortly after it is created; the server does not announce it. */
async function served(path: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while ((await server.ask("GET", path)).status !== 200) {
    if (Date.now() > deadline) throw new Error(`${path} is not served`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The one that a StatefulSet always gets, and that of the only way to name GKE's Ingress. */
const EXPECTED_WARNING = /SessionAffinity is ignored|kubernetes.io\/ingress.class.*deprecated/;

/** Succeeds, with no other warning from Helm or the server. */
function run(...args: string[]): string {
  const { ok, stdout, stderr } = helm([...args, "--namespace", NAMESPACE], server.kubeconfig);
  expect(ok, stderr).toBe(true);
  const warnings = stderr.split("\n").filter((line) => /warning/i.test(line));
  expect(warnings.filter((line) => !EXPECTED_WARNING.test(line))).toEqual([]);
  return stdout;
}

const install = (values: Values, ...more: string[]) =>
  run("install", "ovation", packed, "--no-hooks", ...valueFlags(values), ...more);
/** Without its Job: nobody here would run that. */
const upgrade = (values: Values, ...more: string[]) =>
  run("upgrade", "ovation", packed, "--no-hooks", ...valueFlags(values), ...more);

async function secret(name: string): Promise<unknown> {
  const { body } = await server.ask("GET", `/api/v1/namespaces/${NAMESPACE}/secrets/${name}`);
  return (body as { data?: unknown }).data;
}

const COLLECTIONS = [
  "/api/v1/#/configmaps",
  "/api/v1/#/secrets",
  "/api/v1/#/services",
  "/api/v1/#/serviceaccounts",
  "/apis/apps/v1/#/deployments",
  "/apis/apps/v1/#/statefulsets",
  "/apis/autoscaling/v2/#/horizontalpodautoscalers",
  "/apis/policy/v1/#/poddisruptionbudgets",
  "/apis/networking.k8s.io/v1/#/networkpolicies",
  "/apis/networking.k8s.io/v1/#/ingresses",
  "/apis/gateway.networking.k8s.io/v1/#/httproutes",
  "/apis/monitoring.coreos.com/v1/#/servicemonitors",
  "/apis/monitoring.coreos.com/v1/#/prometheusrules",
  "/apis/keda.sh/v1alpha1/#/scaledobjects",
];

/** The names of all objects that the chart could have created. */
async function objects(): Promise<string[]> {
  const found = COLLECTIONS.map(async (collection) => {
    const path = collection.replace("#", `namespaces/${NAMESPACE}`);
    const { body } = await server.ask("GET", path);
    const { items } = body as { items: { metadata: { name: string } }[] };
    return items.map(({ metadata }) => `${path.split("/").at(-1)} ${metadata.name}`);
  });
  return (await Promise.all(found)).flat();
}

describe.skipIf(!canServe)("on a Kubernetes API server", () => {
  test.each(Object.entries(CASES))(
    "%s installs, upgrades and uninstalls without a trace",
    async (_, values) => {
      install(values);
      expect(await objects()).toContain("deployments ovation-gateway");
      upgrade({ ...values, "gateway.podAnnotations": { "ovation/reason": "test" } });
      run("uninstall", "ovation");
      const left = await objects();
      // Kubernetes's own, if its controllers run.
      expect(left.filter((name) => !/kube-root-ca|default$/.test(name))).toEqual([]);
    },
  );

  test("an upgrade changes any configuration into any other, and back", () => {
    install({});
    // But for what Kubernetes never changes, a Service's first IP family and volumes, and fewer servers.
    const { "example-ipv6-only": _, "example-large": __, "one-server": ___, ...cases } = CASES;
    for (const values of Object.values(cases)) upgrade(values, "--reset-values");
    upgrade({}, "--reset-values");
  }, 300_000);

  test.each([
    [3, 1],
    [1, 3],
    [5, 3],
  ])(
    "an upgrade from %i NATS servers to %i, which would lose comments, is refused",
    async (now, wanted) => {
      install({ "nats.replicas": now });
      const args = ["upgrade", "ovation", packed, "--namespace", NAMESPACE, "--no-hooks"];
      const upgraded = helm([...args, "--set", `nats.replicas=${wanted}`], server.kubeconfig);
      expect(upgraded).toMatchObject({
        ok: false,
        stderr: expect.stringContaining("nats.replicas: from"),
      });
      // With the servers gone, as the documentation has it, there is nothing to lose.
      const servers = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets/ovation-nats`;
      expect((await server.ask("DELETE", servers)).status).toBe(200);
      upgrade({ "nats.replicas": wanted });
    },
  );

  test("secrets generated at the first install survive upgrades", async () => {
    install({});
    const secrets = async () => [await secret("ovation-nats-users"), await secret("ovation-auth")];
    const first = await secrets();
    const generated = expect.stringMatching(/^[A-Za-z0-9+/=]{64}$/);
    const users = [...NATS_USERS, "route"].map((user) => [user, generated]);
    expect(first).toEqual([Object.fromEntries(users), { OVATION_AUTH_SECRET: generated }]);
    upgrade({ "drain.seconds": 20 });
    expect(await secrets()).toEqual(first);
  });

  test("where the chart's NATS is created anew, no Job asks it before", () => {
    install({});
    const anew = () => run("upgrade", "ovation", packed, "--dry-run=server");
    expect(anew()).toContain("ovation-store-apply");
    run("uninstall", "ovation");
    install({ "nats.url": "nats://elsewhere.example" });
    expect(anew()).not.toContain("ovation-store-apply");
  });

  test.each([
    ["HTTPRoute", "httproutes", "gateway.networking.k8s.io/v1", { rules: [{ matches: "all" }] }],
    ["ServiceMonitor", "servicemonitors", "monitoring.coreos.com/v1", { endpoints: "all" }],
    ["PrometheusRule", "prometheusrules", "monitoring.coreos.com/v1", { groups: "all" }],
    ["ScaledObject", "scaledobjects", "keda.sh/v1alpha1", { triggers: "all" }],
  ])("an invalid %s would be refused", async (kind, plural, apiVersion, spec) => {
    const path = `/apis/${apiVersion}/namespaces/${NAMESPACE}/${plural}`;
    const { status } = await server.ask("POST", path, {
      kind,
      apiVersion,
      metadata: { name: "wrong" },
      spec,
    });
    expect(status).toBe(422);
  });

  test.each(Object.entries(CASES))(
    "restricted Pod Security admits the pods of %s",
    async (_, values) => {
      const { stdout } = template(values);
      const all = manifestsOf(stdout);
      const ofOwners = all.flatMap(({ kind, metadata, spec }) =>
        spec?.template === undefined
          ? []
          : [{ name: `${kind}-${metadata.name}`.toLowerCase(), spec: spec.template.spec }],
      );
      const alone = all
        .filter(({ kind }) => kind === "Pod")
        .map(({ metadata, spec }) => ({ name: metadata.name, spec }));
      expect(alone.length + ofOwners.length).toBeGreaterThanOrEqual(3);
      for (const { name, spec } of [...ofOwners, ...alone]) {
        // A StatefulSet's claims become volumes when it creates its pods.
        const volumes = [{ name: "data", emptyDir: {} }];
        const complete = JSON.stringify(spec).includes('"name":"data"')
          ? { ...spec, volumes: [...((spec as { volumes?: object[] }).volumes ?? []), ...volumes] }
          : spec;
        const answer = await server.ask(
          "POST",
          `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All&fieldValidation=Strict`,
          { metadata: { name }, spec: complete },
        );
        expect(answer, name).toMatchObject({ status: 201, warnings: [] });
      }
    },
  );
});

describe.skipIf(!canServe)("the notes", () => {
  const notesOf = (values: Values) => {
    const text = install(values, "--dry-run=server");
    return text.slice(text.indexOf("NOTES:"));
  };

  test.each(["ingress", "http-route"])("warn when %s has no trusted proxies", (name) => {
    const notes = (trustedProxies: string[]) =>
      notesOf({ ...CASES[name], "gateway.trustedProxies": trustedProxies });
    expect(notes([])).toContain("WARNING: gateway.trustedProxies is empty");
    expect(notes(["10.0.0.0/8"])).not.toContain("WARNING");
  });

  test("warn about a NATS without a login", () => {
    const notes = (more: Values) => notesOf({ "nats.url": "nats://nats.example", ...more });
    expect(notes({})).toContain("WARNING: nats.login.existingSecret is empty");
    expect(notes({ "nats.login.existingSecret": "mine" })).not.toContain("WARNING");
  });

  test("say where to read the generated secret", () => {
    expect(notesOf({})).toContain("get secret ovation-auth --output");
    expect(notesOf({ "auth.existingSecret": "mine" })).not.toContain("get secret");
  });
});
