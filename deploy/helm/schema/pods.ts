/** Values that each of the chart's workloads has: its pods, and the object that owns them. */
import { count, flag, group, list, object, type Schemas, text, texts } from "./json.ts";

const SPREAD = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
  maxSkew: 1,
  topologyKey,
  whenUnsatisfiable: "ScheduleAnyway",
}));

/** @param owner the kind of the object that owns the pods */
export function podValues(owner: string): Schemas {
  return {
    labels: texts(`Labels of the ${owner}.`),
    annotations: texts(`Annotations of the ${owner}.`),
    podLabels: texts("Labels of the pods."),
    podAnnotations: texts("Annotations of the pods."),
    extraEnv: list("More environment variables, in the format of a container's `env`."),
    extraVolumes: list("More volumes for the pod, such as Secrets with certificates."),
    extraVolumeMounts: list("Where those volumes are mounted."),
    initContainers: list("Containers that run before, as `initContainers`."),
    sidecars: list("More containers of the pod, as `containers`."),
    hostAliases: list("More lines of the pods' `/etc/hosts`, as `hostAliases`."),
    dnsPolicy: text("How the pods resolve names; Kubernetes's default when empty."),
    dnsConfig: object("More of that, as `dnsConfig`."),
    podSecurityContext: object(
      "Changes to the `podSecurityContext` of all pods, for these; `null` removes a key.",
    ),
    containerSecurityContext: object(
      "Changes to the `containerSecurityContext` of all containers, for these.",
    ),
    topologySpread: list(
      "How pods are spread, as `topologySpreadConstraints`; the pods' selector is added.",
      SPREAD,
    ),
    nodeSelector: texts("Labels of the nodes that pods may run on."),
    tolerations: list("Taints of nodes that pods tolerate."),
    affinity: object("The pods' affinity."),
    priorityClassName: text("The pods' priority class."),
  };
}

export function resources(description: string, memory: string) {
  return object(description, {
    requests: { cpu: "500m", memory },
    limits: { memory: "1Gi" },
  });
}

/** Each pod that stops makes its viewers reconnect: scale down slowly, up quickly. */
const BEHAVIOR = {
  scaleDown: {
    stabilizationWindowSeconds: 600,
    policies: [{ type: "Pods", value: 1, periodSeconds: 120 }],
  },
  scaleUp: {
    stabilizationWindowSeconds: 0,
    policies: [{ type: "Percent", value: 100, periodSeconds: 30 }],
  },
};

/** @param more values that only this role's autoscaling has */
export function autoscaling(roles: string, more: Schemas = {}, keda: Schemas = {}) {
  return group(`How ${roles} scale.`, {
    enabled: flag("Lets a HorizontalPodAutoscaler set the number of pods.", true),
    minReplicas: count("The fewest pods.", 2, { minimum: 1 }),
    maxReplicas: count("The most pods.", 10, { minimum: 1 }),
    cpuPercent: count(
      "The share of the requested CPU, in percent, that the pods are kept near.",
      60,
      { minimum: 1, maximum: 100 },
    ),
    behavior: object(
      "How fast, as a HorizontalPodAutoscaler's `behavior`. By default quickly up, and slowly down, since each pod that stops makes its viewers reconnect.",
      BEHAVIOR,
    ),
    ...more,
    keda: group("Scaling by KEDA, which must be installed.", {
      enabled: flag("Creates a ScaledObject in place of the HorizontalPodAutoscaler.", false),
      ...keda,
      triggers: list("More triggers, beside CPU."),
      pollingInterval: count("How often triggers are read, in seconds.", 15, { minimum: 1 }),
    }),
  });
}

/** What both roles have: a Deployment, its settings, how it scales and how it is replaced. */
export function roleValues(parts: {
  readonly roles: string;
  readonly settings: Schemas[string];
  readonly secretExample: string;
  readonly memory: string;
  /** Undefined for a role whose number of pods is fixed. */
  readonly autoscaling?: Schemas[string];
}): Schemas {
  return {
    replicas: count(
      parts.autoscaling === undefined ? "How many pods." : "How many pods, without autoscaling.",
      2,
      { minimum: 0 },
    ),
    settings: parts.settings,
    envFromSecret: text(
      `A Secret of yours whose keys become environment variables of these pods only, such as \`${parts.secretExample}\`.`,
    ),
    strategy: object(
      "How pods are replaced, as a Deployment's `strategy`. By default one at a time, the new one first, so that viewers reconnect in portions; with many pods, a `maxSurge` of `25%` ends sooner.",
      { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    ),
    ...(parts.autoscaling === undefined ? {} : { autoscaling: parts.autoscaling }),
    resources: resources(
      "A pod's requests and limits. There is no CPU limit: a throttled event loop is late for everybody.",
      parts.memory,
    ),
    podDisruptionBudget: group("How many pods may be down at once when nodes are drained.", {
      enabled: flag("Creates a PodDisruptionBudget.", true),
      maxUnavailable: {
        type: ["integer", "string"],
        description: "A number, or a share such as `25%`.",
        default: 1,
      },
    }),
    ...podValues("Deployment"),
  };
}
