/** Values of what Prometheus and Grafana read. */
import { flag, group, list, type Schemas, text, texts } from "./json.ts";

export const monitoringValues: Schemas = {
  serviceMonitor: group("ServiceMonitors for the Prometheus operator.", {
    enabled: flag(
      "Creates them: for the roles, and for the NATS exporter if it is enabled.",
      false,
    ),
    interval: text("How often metrics are scraped.", "15s", { pattern: "^[0-9]+(ms|s|m)$" }),
    labels: texts("Labels with which Prometheus selects them."),
    annotations: texts("Their annotations."),
    relabelings: list("Changes to the targets' labels, as `relabelings`."),
    metricRelabelings: list("Changes to the metrics, as `metricRelabelings`."),
  }),
  prometheusRule: group("A PrometheusRule with the recording and alert rules.", {
    enabled: flag("Creates it.", false),
    labels: texts("Labels with which Prometheus selects it."),
    annotations: texts("Its annotations."),
    extraGroups: list("More groups of rules."),
    runbookUrl: text(
      "Where your team reads docs/operations.md: each alert's `runbook_url` begins with it.",
    ),
  }),
  dashboard: group("A ConfigMap with the dashboard, for Grafana's sidecar.", {
    enabled: flag("Creates it.", false),
    labels: {
      ...texts("Labels with which the sidecar selects it."),
      default: { grafana_dashboard: "1" },
    },
    annotations: texts("Its annotations, such as the folder."),
  }),
};
