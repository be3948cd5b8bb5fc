/** The version of a release, and the places that state it: all of them must say the same. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Files that state the version, each with the pattern whose first group is it. */
const PLACES: readonly (readonly [files: string, pattern: RegExp])[] = [
  ["{.,sdk,server-sdk,deploy/docker}/package.json", /^ {2}"version": "([^"]+)"/gm],
  ["{.,deploy/docker}/package-lock.json", /^ {2}"version": "([^"]+)"/gm],
  ["deploy/helm/ovation/Chart.yaml", /^(?:version|appVersion): (\S+)$/gm],
  ["docs/openapi.json", /^ {4}"version": "([^"]+)"/gm],
  ["deploy/docker/compose.yaml", /^ +image: ovation:(\S+)$/gm],
  ["deploy/docker/compose.production.yaml", /ovation:(\d[^\s}]+)/g],
  ["test/{image,cluster}/*.{ts,sh}", /\bovation:(\d+\.\d+\.\d+)/g],
  // The names of files and images that people are told to use.
  ["{README.md,{docs,sdk,server-sdk,examples}/**/*.md}", /\bovation:(\d[^\s`]*)/g],
  [
    "{README.md,{docs,sdk,server-sdk,examples}/**/*.md}",
    /\bovation-(?:client|server)-(\d.*?)\.tgz/g,
  ],
  ["examples/*/package.json", /\/ovation-(?:client|server)-(\d.*?)\.tgz/g],
];

export interface Statement {
  readonly file: string;
  readonly version: string;
}

/** Every statement of the version in the repository at `root`. */
export function statedVersions(root: string): Statement[] {
  return PLACES.flatMap(([files, pattern]) =>
    globSync(files, { cwd: root, exclude: (path) => /(^|[/\\])node_modules$/.test(path) })
      .filter((file) => existsSync(join(root, file)))
      .flatMap((file) =>
        [...readFileSync(join(root, file), "utf8").matchAll(pattern)].map(([, version = ""]) => ({
          file,
          version,
        })),
      ),
  );
}

/**
 * The version of package.json.
 * @throws Error that names the places that state another one
 */
export function releaseVersion(root: string): string {
  const stated = statedVersions(root);
  const version = stated.find(({ file }) => file === "package.json")?.version;
  if (version === undefined) throw new Error("package.json: the field version is missing");
  const others = stated.filter((one) => one.version !== version);
  if (others.length === 0) return version;
  const list = others.map((one) => `${one.file}: ${one.version}`).join("\n");
  throw new Error(`package.json states version ${version}, but:\n${list}`);
}
