/**
 * The two kinds that the chart makes beyond Kubernetes's own, known to the server by name only:
 * their own projects' definitions are not here.
 */
function definition(group: string, version: string, kind: string, plural: string) {
  const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      // A group of Kubernetes's own must say who has approved it.
      annotations: { "api-approved.kubernetes.io": "unapproved, for a test" },
    },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        { name: version, served: true, storage: true, schema: { openAPIV3Schema: schema } },
      ],
    },
  };
}

export const DEFINITIONS = [
  definition("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"),
  definition("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"),
];
