/** The ways in which the chart is used that its tests go through. */
import type { Values } from "./support/helm.ts";

export const CASES: Readonly<Record<string, Values>> = {
  default: {},
  "own-nats": {
    "nats.url": "tls://nats.example:4222",
    "secrets.existingSecret": "ovation-keys",
    "networkPolicy.extraEgress": [{ ports: [{ port: 443, protocol: "TCP" }] }],
  },
  "one-server": { "nats.replicas": 1, "nats.token.enabled": false },
  ingress: {
    "ingress.enabled": true,
    "ingress.host": "live.example",
    "ingress.tlsSecretName": "live-tls",
    "ingress.annotations": { "nginx.ingress.kubernetes.io/proxy-read-timeout": "7200" },
  },
  "http-route": {
    "httpRoute.enabled": true,
    "httpRoute.parentRefs": [{ name: "public" }],
    "httpRoute.hostnames": ["live.example"],
  },
  monitored: {
    "serviceMonitor.enabled": true,
    "serviceMonitor.labels": { release: "prometheus" },
    "gateway.autoscaling.connections.enabled": true,
  },
  secrets: { "secrets.generate": ["nats-user"] },
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
  tuned: {
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
    "gateway.extraEnv": [{ name: "OVATION_LOG_LEVEL", value: "debug" }],
  },
};
