/** A pod of the chart as a Docker container: its settings, its files from Secrets, its restrictions. */
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const variableSchema = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .union([
      z.object({
        secretKeyRef: z.object({
          name: z.string(),
          key: z.string(),
          optional: z.boolean().default(false),
        }),
      }),
      z.object({ fieldRef: z.object({ fieldPath: z.literal("metadata.name") }) }),
    ])
    .optional(),
});
const projectedSchema = z.object({
  sources: z.array(
    z.object({
      secret: z.object({
        name: z.string(),
        items: z.array(z.object({ key: z.string(), path: z.string() })),
      }),
    }),
  ),
});
const podSchema = z.object({
  securityContext: z.object({ runAsUser: z.number(), runAsGroup: z.number() }),
  containers: z.tuple([
    z.object({
      image: z.string(),
      command: z.tuple([z.string()], z.string()).optional(),
      args: z.array(z.string()).default([]),
      env: z.array(variableSchema),
      securityContext: z.object({
        allowPrivilegeEscalation: z.literal(false),
        readOnlyRootFilesystem: z.literal(true),
        capabilities: z.object({ drop: z.tuple([z.literal("ALL")]) }),
      }),
      volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })).default([]),
    }),
  ]),
  volumes: z
    .array(
      z.object({
        name: z.string(),
        projected: projectedSchema.optional(),
        configMap: z.object({ name: z.string() }).optional(),
      }),
    )
    .default([]),
});

type Pod = z.infer<typeof podSchema>;

/** What a cluster has besides pods. */
export interface Surroundings {
  /** The contents of Secrets, by `secret/key`. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The contents of ConfigMaps, by name and file. */
  readonly configMaps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** A folder on this machine for mounted files. */
  readonly folder: string;
}

function secretOf({ secrets }: Surroundings, name: string, key: string): string {
  const value = secrets[`${name}/${key}`];
  if (value === undefined) throw new Error(`there is no ${key} in the Secret ${name}`);
  return value;
}

/** The container's variables, with references to other variables expanded as by Kubernetes. */
function environment(pod: Pod, name: string, around: Surroundings): Map<string, string> {
  const values = new Map<string, string>();
  for (const { name: variable, value = "", valueFrom } of pod.containers[0].env) {
    const expanded = value.replaceAll(/\$\((\w+)\)/g, (_, other) => values.get(other) ?? "");
    if (valueFrom === undefined) values.set(variable, expanded);
    else if ("fieldRef" in valueFrom) values.set(variable, name);
    else {
      const { name: secret, key, optional } = valueFrom.secretKeyRef;
      const isLeftOut = optional && around.secrets[`${secret}/${key}`] === undefined;
      if (!isLeftOut) values.set(variable, secretOf(around, secret, key));
    }
  }
  return values;
}

/** The files of a volume; undefined if it starts empty. */
function filesOf(volume: Pod["volumes"][number] | undefined, around: Surroundings) {
  const { projected, configMap } = volume ?? {};
  if (configMap !== undefined) return Object.entries(around.configMaps[configMap.name] ?? {});
  return projected?.sources.flatMap(({ secret }) =>
    secret.items.map(({ key, path }) => [path, secretOf(around, secret.name, key)] as const),
  );
}

/** The flags for its volumes; their files are readable by the pod's group. */
async function mounts(pod: Pod, name: string, around: Surroundings): Promise<string[]> {
  const { runAsUser, runAsGroup } = pod.securityContext;
  const flags: string[] = [];
  for (const { name: volume, mountPath } of pod.containers[0].volumeMounts) {
    const files = filesOf(
      pod.volumes.find((one) => one.name === volume),
      around,
    );
    if (files === undefined) {
      flags.push("--tmpfs", `${mountPath}:uid=${runAsUser}`);
      continue;
    }
    const folder = join(around.folder, name, volume);
    await mkdir(folder, { recursive: true });
    for (const [path, text] of files) {
      await writeFile(join(folder, path), text, { mode: 0o440 });
      await chown(join(folder, path), 0, runAsGroup);
    }
    flags.push("--volume", `${folder}:${mountPath}:ro`);
  }
  return flags;
}

/** The arguments of `docker run` after the caller's flags: flags, image and command. */
export async function podAsRun(
  manifest: unknown,
  name: string,
  around: Surroundings,
): Promise<string[]> {
  const pod = podSchema.parse(manifest);
  const [container] = pod.containers;
  const { runAsUser, runAsGroup } = pod.securityContext;
  const [entry, ...rest] = container.command ?? [];
  const variables = [...environment(pod, name, around)];
  return [
    ...["--user", `${runAsUser}:${runAsGroup}`, "--read-only", "--cap-drop", "ALL"],
    ...["--security-opt", "no-new-privileges"],
    ...variables.flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
    ...(await mounts(pod, name, around)),
    ...(entry === undefined ? [] : ["--entrypoint", entry]),
    container.image,
    ...rest,
    ...container.args,
  ];
}
