/** Helm and the chart, used as a person uses them. */
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { tool } from "./tools.ts";

export const CHART = join(import.meta.dirname, "../../../deploy/helm/ovation");
/** The version that Helm renders for without a server. */
const KUBE_VERSION = "1.34.0";

/** Any Kubernetes object, as far as the tests read it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly spec?: PodOwnerSpec;
  readonly data?: Readonly<Record<string, string>>;
}

interface PodOwnerSpec {
  readonly template?: { readonly metadata: object; readonly spec: PodSpec };
}

export interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly {
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
    readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: string[] } } };
  }[];
}

export interface HelmRun {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export function helm(args: readonly string[], kubeconfig = "/dev/null"): HelmRun {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const { status, stdout, stderr } = spawnSync(tool("helm"), args, { encoding: "utf8", env });
  return { ok: status === 0, stdout, stderr };
}

/** The path of the chart's package, alone in a new folder, which the caller removes. */
export async function packedChart(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ovation-package-"));
  const { ok, stdout, stderr } = helm(["package", CHART, "--destination", folder]);
  const path = /\S+\.tgz/.exec(stdout)?.[0];
  if (!ok || path === undefined) throw new Error(`helm package failed: ${stderr}`);
  return path;
}

/** Like {@link helm}, without blocking the process. */
export async function helmAsync(args: readonly string[], kubeconfig: string): Promise<HelmRun> {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  return await new Promise((resolve) => {
    execFile(tool("helm"), args, { env }, (error, stdout, stderr) => {
      resolve({ ok: error === null, stdout, stderr });
    });
  });
}

/** Values as `--set-json` takes them. */
export type Values = Readonly<Record<string, unknown>>;

export function valueFlags(values: Values): string[] {
  return Object.entries(values).flatMap(([path, value]) => [
    "--set-json",
    `${path}=${JSON.stringify(value)}`,
  ]);
}

export function template(values: Values, ...more: readonly string[]): HelmRun {
  const args = ["template", "ovation", CHART, "--namespace", "live", ...more];
  return helm([...args, "--kube-version", KUBE_VERSION, ...valueFlags(values)]);
}

/** Files that the chart passes on; their own tests are elsewhere. */
const PASSED_ON = ["users.conf", "rules.yaml", "dashboard.json"];

/** A manifest with the name of such a file in place of its lines. */
function withoutCopies(manifest: string): string {
  return PASSED_ON.reduce((text, name) => {
    // But for the last one: that of users.conf closes a block that values add to.
    const lines = readFileSync(join(CHART, "files", name), "utf8")
      .trim()
      .split("\n")
      .slice(0, -1);
    return ["    ", "  "].reduce(
      (rest, indent) =>
        rest.replace(lines.map((line) => indent + line).join("\n"), `${indent}<${name}>`),
      text,
    );
  }, manifest);
}

/** The text of each object, by kind and name, with generated secrets replaced. */
export function rendered(values: Values): Map<string, string> {
  const { ok, stdout, stderr } = template(values);
  if (!ok) throw new Error(stderr);
  const texts = stdout.split(/^---\n/m).filter((text) => /^kind:/m.test(text));
  return new Map(
    texts.map((text) => {
      const { kind, metadata } = manifestsOf(text)[0] as Manifest;
      const steady = withoutCopies(text)
        .replaceAll(/"[A-Za-z0-9+/=]{64}"/g, '"<made up>"')
        .replaceAll(/^( +checksum\/\w+: )[0-9a-f]{64}$/gm, "$1<checksum>")
        .replaceAll(/^# Source.*\n/gm, "");
      return [`${kind} ${metadata.name}`, steady];
    }),
  );
}

/** @param text one or more YAML documents, each a Kubernetes object */
export function manifestsOf(text: string): Manifest[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    if (document.errors[0]) throw document.errors[0];
    const object: Manifest | null = document.toJS();
    return object === null ? [] : [object];
  });
}

/** The chart's pods, by the name of their owner, and those of `helm test`. */
export function podsOf(values: Values, ...more: readonly string[]): Map<string, PodSpec> {
  const { ok, stdout, stderr } = template(values, ...more);
  if (!ok) throw new Error(stderr);
  const objects = manifestsOf(stdout);
  return new Map(
    objects.flatMap(({ kind, metadata, spec }) => {
      if (kind === "Pod") return [[metadata.name, spec as PodSpec] as const];
      return spec?.template === undefined ? [] : [[metadata.name, spec.template.spec] as const];
    }),
  );
}

const secretUse = z.union([
  z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }),
  z.object({ secretRef: z.object({ name: z.string() }) }),
  z.object({
    secret: z.object({ name: z.string(), items: z.array(z.object({ key: z.string() })) }),
  }),
]);

/** The Secret keys that a pod gets, by any means: `secret/key`, or `secret/*` for all keys. */
export function secretsOf(pod: PodSpec): string[] {
  const found = new Set<string>();
  const search = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { data: use } = secretUse.safeParse(value);
    if (use === undefined) {
      for (const part of Object.values(value)) search(part);
    } else if ("secretKeyRef" in use) {
      found.add(`${use.secretKeyRef.name}/${use.secretKeyRef.key}`);
    } else if ("secretRef" in use) {
      found.add(`${use.secretRef.name}/*`);
    } else {
      for (const { key } of use.secret.items) found.add(`${use.secret.name}/${key}`);
    }
  };
  search(pod);
  return [...found].sort();
}
