/** Values of what leads viewers to the gateways: the Service, an Ingress, an HTTPRoute. */
import { choice, count, flag, group, list, type Schemas, text, texts } from "./json.ts";

const PATH = {
  minLength: 1,
  pattern: "^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$",
};
const STRING = { type: "string" };

export const service = group("The Service for viewers and backends.", {
  type: choice("Its type.", "ClusterIP", "NodePort", "LoadBalancer"),
  port: count("Its port.", 80, { minimum: 1, maximum: 65_535 }),
  nodePort: count("The port of the nodes, for a NodePort or LoadBalancer; any when 0.", 0, {
    minimum: 0,
    maximum: 65_535,
  }),
  externalTrafficPolicy: {
    ...choice(
      "For a LoadBalancer or NodePort: `Local` preserves viewers' addresses, which gateways use for limits.",
      "Local",
      "Cluster",
    ),
  },
  loadBalancerClass: text("The controller that provides the load balancer, if not the default."),
  loadBalancerSourceRanges: list("The networks that the load balancer admits.", [], STRING),
  labels: texts("Its labels."),
  annotations: texts("Its annotations."),
});

/** Of all Services of the chart. */
export const ipFamilies: Schemas = {
  ipFamilyPolicy: {
    ...choice(
      "The policy of IP families of all Services; the cluster's default when empty.",
      "",
      "SingleStack",
      "PreferDualStack",
      "RequireDualStack",
    ),
  },
  ipFamilies: list("The IP families of all Services; the cluster's default when empty.", [], {
    type: "string",
    enum: ["IPv4", "IPv6"],
  }),
};

export const ingress = group("An Ingress for the gateways.", {
  enabled: flag("Creates one.", false),
  className: text("Its class; when empty, the one that `controller` usually has."),
  controller: choice(
    "What serves that class: adds the annotations with which it lets WebSockets and Server-Sent Events live for an hour and more. `none` adds none. For `alb` and `gke`, see the examples.",
    "nginx",
    "alb",
    "gke",
    "haproxy",
    "traefik",
    "openshift",
    "none",
  ),
  labels: texts("Its labels."),
  annotations: texts("More annotations, which take precedence over those of `controller`."),
  hosts: list("The host names; any when empty.", [], STRING),
  path: text(
    "The prefix of all the gateways' paths. It is not stripped: gateways get it as base-path, and the client's URL ends in it.",
    "/",
    PATH,
  ),
  pathType: choice(
    "How the path is matched. With `ImplementationSpecific`, `pathSuffix` may follow it.",
    "Prefix",
    "ImplementationSpecific",
  ),
  pathSuffix: text(
    "What the controller needs after the path to match all below it, such as `*`; gateways don't see it.",
  ),
  tls: list(
    "The certificates, each `{secretName: ..., hosts: [...]}`; without `hosts`, all of `ingress.hosts`.",
    [],
    {
      type: "object",
      additionalProperties: false,
      properties: { secretName: STRING, hosts: { type: "array", items: STRING } },
    },
  ),
});

export const httpRoute = group("A Gateway API HTTPRoute for the gateways.", {
  enabled: flag("Creates one.", false),
  parentRefs: list("The Gateways that it belongs to, each `{name: ..., namespace: ...}`."),
  hostnames: list("The host names.", [], STRING),
  path: text(
    "The prefix of all the gateways' paths, like `ingress.path`, which must be the same if both are enabled.",
    "/",
    PATH,
  ),
  labels: texts("Labels."),
  annotations: texts("Annotations."),
  timeouts: flag(
    "Removes the request timeouts, which would end streams. Not every implementation supports the field.",
    true,
  ),
});
