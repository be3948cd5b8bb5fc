/** A release of the chart on a cluster: installs, upgrades and inspects it. */
import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CHART, helmAsync, type Values, valueFlags } from "../../chart/support/helm.ts";
import { eventually } from "../../support/eventually.ts";
import type { Cluster } from "./node.ts";

const NAMESPACE = "live";
/** The user that the chart runs its pods as. */
const POD_USER = 65_532;
/** Two gateways, two dispatchers and three nats-servers. */
const PODS = 7;
/** A pod that was deleted may take a minute to end. */
const SETTLES_WITHIN_MS = 180_000;
/** So that all pods fit on one node with two cores; the chart's defaults are for larger nodes. */
const SMALL: Values = {
  "gateway.resources.requests.cpu": "20m",
  "dispatcher.resources.requests.cpu": "20m",
  "nats.resources.requests.cpu": "20m",
};

const podListSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        uid: z.string(),
        labels: z.record(z.string(), z.string()),
      }),
      status: z.object({
        containerStatuses: z
          .array(z.object({ ready: z.boolean(), restartCount: z.number() }))
          .default([]),
      }),
    }),
  ),
});
const serviceSchema = z.object({ spec: z.object({ clusterIP: z.string() }) });
const secretSchema = z.object({ data: z.record(z.string(), z.string()) });

export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly component: string;
  readonly ready: boolean;
  readonly restarts: number;
}

export class Release {
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Resolves when all pods are ready, including those that the autoscalers add. */
  static async install(cluster: Cluster): Promise<Release> {
    const release = new Release(cluster);
    await release.#created("/api/v1/namespaces", {
      metadata: {
        name: NAMESPACE,
        labels: { "pod-security.kubernetes.io/enforce": "restricted" },
      },
    });
    for (const index of [0, 1, 2]) await release.#volume(`volume-${index}`);
    await release.#wait("install", {});
    await release.settled();
    return release;
  }

  /** Resolves when there are as many pods as the chart's values say, and all are ready. */
  async settled(): Promise<void> {
    await eventually(async () => {
      const pods = await this.pods();
      return pods.length === PODS && pods.every(({ ready }) => ready);
    }, SETTLES_WITHIN_MS);
  }

  /** What stands for the words of the runbook here, by the word. */
  async words(): Promise<Readonly<Record<string, string>>> {
    const gateway = (await this.pods()).find(({ component }) => component === "gateway");
    const secrets = await this.#secret("ovation-nats-users");
    return {
      "observer:PASSWORD@HOST": `observer:${secrets("observer")}@${await this.#address("ovation-nats")}`,
      PASSWORD: secrets("admin"),
      POD: gateway?.name ?? "",
      "replicas=N": "replicas=2",
    };
  }

  /** Resolves when all pods are replaced and ready. */
  async upgrade(values: Values): Promise<void> {
    await this.#wait("upgrade", values);
  }

  /** The output of `helm test`. */
  async test(): Promise<string> {
    return await this.#helm("test", "ovation", "--logs");
  }

  /** Creates a Secret, as an operator would. */
  async addSecret(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    const path = `/api/v1/namespaces/${NAMESPACE}/secrets`;
    await this.#created(path, { metadata: { name }, stringData });
  }

  /** The pods of gateways, dispatchers and NATS. */
  async pods(): Promise<Pod[]> {
    const { body } = await this.#cluster.ask("GET", `/api/v1/namespaces/${NAMESPACE}/pods`);
    return podListSchema
      .parse(body)
      .items.map(({ metadata, status }) => ({
        name: metadata.name,
        uid: metadata.uid,
        component: metadata.labels["app.kubernetes.io/component"] ?? "",
        ready: status.containerStatuses.some(({ ready }) => ready),
        restarts: status.containerStatuses.reduce((sum, one) => sum + one.restartCount, 0),
      }))
      .filter(({ component }) => ["gateway", "dispatcher", "nats"].includes(component));
  }

  /** Where viewers reach it. */
  async url(): Promise<string> {
    return `http://${await this.#address("ovation-gateway")}`;
  }

  /** The secret that the chart generated for signing tokens. */
  async authSecret(): Promise<string> {
    return (await this.#secret("ovation-auth"))("OVATION_AUTH_SECRET");
  }

  /** The address of a Service. */
  async #address(service: string): Promise<string> {
    const path = `/api/v1/namespaces/${NAMESPACE}/services/${service}`;
    const { body } = await this.#cluster.ask("GET", path);
    return serviceSchema.parse(body).spec.clusterIP;
  }

  /** The values of a Secret, by their keys. */
  async #secret(name: string): Promise<(key: string) => string> {
    const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${name}`;
    const { body } = await this.#cluster.ask("GET", path);
    const { data } = secretSchema.parse(body);
    return (key) => Buffer.from(data[key] ?? "", "base64").toString();
  }

  async #wait(verb: "install" | "upgrade", values: Values): Promise<void> {
    const flags = valueFlags({ ...SMALL, ...values });
    await this.#helm(verb, "ovation", CHART, ...flags, "--wait", "--timeout", "350s");
  }

  async #helm(...args: string[]): Promise<string> {
    const run = await helmAsync([...args, "--namespace", NAMESPACE], this.#cluster.kubeconfig);
    if (!run.ok) throw new Error(`${run.stdout}${run.stderr}`);
    return run.stdout;
  }

  /** Creates a volume as a cluster's storage class would. */
  async #volume(name: string): Promise<void> {
    const path = join(this.#cluster.folder, name);
    await mkdir(path);
    await chown(path, POD_USER, POD_USER);
    await this.#created("/api/v1/persistentvolumes", {
      metadata: { name },
      spec: {
        capacity: { storage: "10Gi" },
        accessModes: ["ReadWriteOnce"],
        hostPath: { path, type: "Directory" },
      },
    });
  }

  async #created(path: string, object: object): Promise<void> {
    const { status, body } = await this.#cluster.ask("POST", path, object);
    if (status !== 201) throw new Error(JSON.stringify(body));
  }
}
