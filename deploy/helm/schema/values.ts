/** The schema of the chart's values, from which values.schema.json, values.yaml and the table follow. */
import { choice, count, flag, group, list, object, text, texts, type ValueSchema } from "./json.ts";
import { monitoringValues } from "./monitoring.ts";
import { image, natsValues } from "./nats.ts";
import { autoscaling, roleValues } from "./pods.ts";
import { httpRoute, ingress, ipFamilies, service } from "./routes.ts";
import { commonValues, settingsValue } from "./settings.ts";

const NAME = { maxLength: 40 };

const gateway = group("The gateways.", {
  ...roleValues({
    roles: "gateways",
    settings: settingsValue("gateway", "{frame-events: 200}"),
    secretExample: "OVATION_AUTH_SECRET",
    memory: "512Mi",
    autoscaling: autoscaling(
      "gateways",
      {
        connections: group(
          "Scaling by viewers, by a custom metric of the pods, which a metrics adapter must serve, or by KEDA.",
          {
            enabled: flag("Scales by viewers in addition to CPU.", false),
            metric: text(
              "The metric's name. docs/kubernetes.md has the rule with which prometheus-adapter serves this one: WebSockets and event streams together. KEDA doesn't need it.",
              "ovation_gateway_viewers",
            ),
            perPod: count("How many viewers a pod should hold.", 10_000, { minimum: 1 }),
          },
        ),
      },
      {
        prometheusUrl: text(
          "The Prometheus that KEDA asks for the number of viewers, when scaling by `connections`.",
        ),
      },
    ),
  }),
  trustedProxies: list(
    "The addresses or networks of the proxies in front of the gateways, which name the client in `X-Forwarded-For`, such as the network of the ingress controller's pods (trusted-proxies). When empty, all viewers behind a proxy count as one client, and share one client's limits.",
    [],
    { type: "string", pattern: "^[0-9a-fA-F.:]+(/[0-9]{1,3})?$" },
  ),
  sysctls: list(
    "Kernel settings of these pods, as `securityContext.sysctls`. `net.ipv4.tcp_rmem` of `4096 131072 262144` bounds what one connection can send while others wait (docs/security.md); Kubernetes allows it in any pod since 1.32.",
    [],
    {
      type: "object",
      additionalProperties: false,
      required: ["name", "value"],
      properties: { name: { type: "string" }, value: { type: "string" } },
    },
  ),
  service,
});

const dispatcher = group(
  "The dispatchers.",
  roleValues({
    roles: "dispatchers",
    settings: settingsValue("dispatcher", "{store-queue-limit: 20000}"),
    secretExample: "OVATION_NATS_TOKEN",
    memory: "256Mi",
    autoscaling: autoscaling("dispatchers"),
  }),
);

const hooks = group("The instances of `ovation hooks`, which send webhooks (docs/webhooks.md).", {
  enabled: flag("Runs them.", false),
  url: text("The endpoint, where there is one."),
  existingSecret: text(
    "A Secret of yours: with `url`, it holds the endpoint's secret as `secret`; otherwise the endpoints as `hooks.json`, and their secrets under the names that `secretFile` has there.",
  ),
  egress: list(
    "Where their network policy lets them connect to beside NATS, as rules of `egress`: by default any address at port 443. The instances themselves refuse private addresses, unless `settings` has `hooks-allow-private: true`.",
    [{ ports: [{ port: 443, protocol: "TCP" }] }],
  ),
  ...roleValues({
    roles: "instances",
    settings: settingsValue("hooks", "{hooks-batch-events: 50}"),
    secretExample: "OVATION_NATS_TOKEN",
    memory: "128Mi",
  }),
});

export const chartValues: ValueSchema = group("Values of the Ovation chart", {
  global: {
    ...group("For this chart and those that include it.", {
      imageRegistry: text("A registry to put in front of each image's name."),
      imagePullSecrets: list("Secrets to pull images with, each `{name: ...}`."),
    }),
    additionalProperties: true,
  },
  nameOverride: text("Replaces the chart's name in the names of objects.", "", NAME),
  fullnameOverride: text(
    "Replaces the release's and the chart's name in the names of objects.",
    "",
    NAME,
  ),
  commonLabels: texts("Labels of all objects and pods."),
  commonAnnotations: texts("Annotations of all objects, but not of pods."),
  extraObjects: list(
    'More objects of Kubernetes, each an object or a text; both may use the chart\'s templates, such as `{{ include "ovation.fullname" . }}`.',
    [],
    { type: ["object", "string"] },
  ),
  image: {
    ...image(
      "The image of both roles.",
      "ovation",
      "",
      "Its tag; the chart's appVersion when empty.",
    ),
  },
  imagePullSecrets: list("Secrets to pull the images with, each `{name: ...}`."),
  podSecurityContext: object("The security context of all pods.", {
    runAsNonRoot: true,
    runAsUser: 65_532,
    runAsGroup: 65_532,
    fsGroup: 65_532,
    seccompProfile: { type: "RuntimeDefault" },
  }),
  containerSecurityContext: object("The security context of all containers.", {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  }),
  openshift: choice(
    "Leaves the users and groups of pods to OpenShift, which gives each namespace its own: where the cluster is OpenShift, always, or never.",
    "auto",
    "always",
    "never",
  ),
  ...ipFamilies,
  settings: commonValues,
  auth: group(
    "The secret with which gateways verify viewers' tokens (auth-secret); only gateways get it.",
    {
      generate: flag(
        "Generates it at the first install, 48 random letters and digits, and keeps it. When false, give gateways another key by `existingSecret` or `gateway.settings`, or set `open: true` there: they don't start without one of these.",
        true,
      ),
      existingSecret: text(
        "A Secret of yours that holds it as `OVATION_AUTH_SECRET`; then none is generated. While it is replaced, this Secret or the generated one may hold another as `OVATION_AUTH_SECOND_SECRET`.",
      ),
    },
  ),
  drain: group("How pods stop. The grace period is the sum of preStop, twice the drain and 5 s.", {
    seconds: count(
      "The longest a pod may take to move its viewers to other pods; it may take as long again to stop (drain-ms).",
      10,
      { minimum: 0, maximum: 600 },
    ),
    preStopSeconds: count(
      "How long a terminating pod goes on as before, until load balancers have noticed.",
      5,
      { minimum: 0, maximum: 600 },
    ),
  }),
  gateway,
  dispatcher,
  hooks,
  nats: group("The NATS servers.", natsValues),
  storeApply: group(
    "A Job that runs `ovation store apply` before an upgrade, as the NATS user `admin`: what is stored follows the settings.",
    {
      when: choice(
        "With the chart's own NATS, always, or never. With `nats.url` it runs before an install, too, and `nats.login` must have `admin`.",
        "auto",
        "always",
        "never",
      ),
      allowLoss: flag(
        "Makes changes that lose something of what is stored, such as a shorter age; otherwise they are refused, and the upgrade with them.",
        false,
      ),
      envFromSecret: text(
        "A Secret of yours whose keys become environment variables of this Job only, for a login that isn't in `nats.login`.",
      ),
      timeoutSeconds: count("How long it may take, copying to new servers included.", 900, {
        minimum: 60,
      }),
    },
  ),
  ingress,
  httpRoute,
  networkPolicy: group("NetworkPolicies: which pods may connect to which.", {
    enabled: flag("Creates them.", true),
    viewersFrom: list("Who may connect to the gateways, as `from`; everybody when empty."),
    monitoringFrom: list(
      "Who may read health, metrics and the chart's NATS monitor, as `from`: by default the pods of the release's namespace, nobody when empty. NATS's monitor lists subjects, and so the ids of videos that are watched.",
      [{ podSelector: {} }],
    ),
    natsClientsFrom: list(
      "Who else may connect to the chart's NATS, in addition to the roles, as `from`.",
    ),
    extraEgress: list(
      "What else the roles may connect to, as `egress`: a key set on port 443, or a NATS outside the cluster.",
    ),
  }),
  ...monitoringValues,
  serviceAccount: group("The pods' ServiceAccount; no pod gets its token.", {
    create: flag("Creates it.", true),
    name: text("Its name. When empty, the release's name if it is created, else `default`."),
    annotations: texts("Its annotations."),
  }),
  test: group("The tests of `helm test`.", {
    video: text("The video that the test likes.", "helm-test", {
      pattern: "^[A-Za-z0-9_-]{1,128}$",
    }),
    existingSecret: text(
      "A Secret of yours with a token for that video as `token`, for when tokens are signed with a key that is not in `auth`.",
    ),
    doctor: flag(
      "Runs the doctor on the subscription table, too; it logs in to NATS as `observer`.",
      true,
    ),
  }),
});
