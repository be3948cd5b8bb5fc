/** The configurations in which the tests use the chart: its worked examples, and these. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { CHART, type Values } from "./support/helm.ts";

const EXAMPLES = join(CHART, "examples");

function examples(): Record<string, Values> {
  const files = readdirSync(EXAMPLES).filter((name) => name.endsWith(".yaml"));
  const values = z.record(z.string(), z.unknown());
  return Object.fromEntries(
    files.map((name) => [
      `example-${name.replace(".yaml", "")}`,
      values.parse(parse(readFileSync(join(EXAMPLES, name), "utf8"))),
    ]),
  );
}

/** A container that restricted Pod Security admits. */
const CONTAINER = (name: string) => ({
  name,
  image: "busybox:1",
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
});

export const CASES: Readonly<Record<string, Values>> = {
  default: {},
  ...examples(),
  "own-nats": {
    "nats.url": "tls://nats.example:4222",
    "nats.login.existingSecret": "ovation-logins",
    "nats.caSecret": "nats-authority",
    "auth.existingSecret": "ovation-keys",
    "storeApply.when": "always",
    "storeApply.allowLoss": true,
    "networkPolicy.extraEgress": [{ ports: [{ port: 443, protocol: "TCP" }] }],
  },
  "own-nats-creds": {
    "nats.url": "tls://one.nats.example:4333,tls://two.nats.example",
    "nats.login.existingSecret": "ovation-creds",
    "nats.login.kind": "creds",
    "auth.generate": false,
    "gateway.settings": { "auth-jwks-url": "https://id.example/keys" },
    "test.existingSecret": "test-token",
    "test.doctor": false,
  },
  "one-server": { "nats.replicas": 1, "nats.login.existingSecret": "ovation-logins" },
  ingress: {
    "ingress.enabled": true,
    "ingress.hosts": ["live.example", "live.example.org"],
    "ingress.labels": { exposed: "yes" },
    "ingress.tls": [{ secretName: "live-tls" }, { secretName: "two", hosts: ["live.example.org"] }],
    "gateway.trustedProxies": ["10.244.0.0/16", "fd00::/8"],
    "ingress.annotations": { "nginx.ingress.kubernetes.io/proxy-read-timeout": "7200" },
  },
  "http-route": {
    "httpRoute.enabled": true,
    "httpRoute.parentRefs": [{ name: "public" }],
    "httpRoute.hostnames": ["live.example"],
  },
  "below-a-path": {
    "ingress.enabled": true,
    "ingress.hosts": ["www.example"],
    "ingress.path": "/live/",
    "ingress.pathType": "ImplementationSpecific",
    "ingress.pathSuffix": "*",
    "httpRoute.enabled": true,
    "httpRoute.parentRefs": [{ name: "public" }],
    "httpRoute.path": "/live",
  },
  monitored: {
    "serviceMonitor.enabled": true,
    "serviceMonitor.labels": { release: "prometheus" },
    "gateway.autoscaling.connections.enabled": true,
  },
  open: { "auth.generate": false, "gateway.settings": { open: true } },
  plain: {
    "gateway.autoscaling.enabled": false,
    "dispatcher.autoscaling.enabled": false,
    "gateway.podDisruptionBudget.enabled": false,
    "dispatcher.podDisruptionBudget.enabled": false,
    "networkPolicy.enabled": false,
    "serviceAccount.create": false,
    "drain.preStopSeconds": 0,
    "gateway.topologySpread": [],
  },
  extended: {
    commonLabels: { team: "live", "app.kubernetes.io/name": "not this" },
    commonAnnotations: { "example/owner": "live" },
    "global.imageRegistry": "mirror.example",
    imagePullSecrets: [{ name: "mirror" }],
    extraObjects: [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: '{{ include "ovation.fullname" . }}-extra' },
      },
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ .Release.Name }}-text }\n",
    ],
    "gateway.labels": { tier: "edge" },
    "gateway.annotations": { "reloader.example/auto": "true" },
    "gateway.podLabels": { mesh: "on" },
    "gateway.initContainers": [CONTAINER("before")],
    "gateway.sidecars": [CONTAINER("beside")],
    "gateway.hostAliases": [{ ip: "10.1.2.3", hostnames: ["id.example"] }],
    "gateway.dnsConfig": { options: [{ name: "ndots", value: "2" }] },
    "gateway.strategy": { rollingUpdate: { maxSurge: "25%" } },
    "gateway.podSecurityContext": { runAsUser: 1234, runAsGroup: null },
    "gateway.service.type": "NodePort",
    "gateway.service.nodePort": 30080,
    "gateway.service.labels": { exposed: "yes" },
    "nats.priorityClassName": "system-cluster-critical",
    "nats.image.digest": `sha256:${"1".repeat(64)}`,
    "nats.publishers": ["billing", "studio"],
    "nats.config.syncInterval": "always",
    "nats.config.jetstream": { domain: "hub" },
    "nats.config.accounts": "SHOP { users: [{ user: shop, password: $SHOP_PASSWORD }] }",
    "nats.config.extra": "write_deadline: 5s",
    "nats.extraEnv": [{ name: "SHOP_PASSWORD", value: "public" }],
    "nats.sidecars": [CONTAINER("beside")],
  },
  tuned: {
    "gateway.sysctls": [{ name: "net.ipv4.tcp_rmem", value: "4096 131072 262144" }],
    settings: { "lease-ms": 20_000, "history-total-bytes": 1_099_511_627_776 },
    "gateway.settings": { "frame-events": 200, "share-port": true },
    "dispatcher.settings": { "store-queue-limit": 20_000, "history-replicas": 1 },
    "drain.seconds": 30,
    "image.digest": `sha256:${"0".repeat(64)}`,
    "gateway.service.type": "LoadBalancer",
    "gateway.nodeSelector": { role: "edge" },
    "gateway.tolerations": [{ key: "edge", operator: "Exists" }],
    "gateway.extraVolumes": [{ name: "tls", secret: { secretName: "gateway-tls" } }],
    "gateway.extraVolumeMounts": [{ name: "tls", mountPath: "/tls", readOnly: true }],
    "gateway.envFromSecret": "gateway-keys",
    "gateway.extraEnv": [{ name: "OVATION_LOG_LEVEL", value: "debug" }],
  },
};
