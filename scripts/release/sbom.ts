/** The bills of materials of a release, as CycloneDX: what is in the package and in the image. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { imageOf } from "./image.ts";
import type { Package } from "./package.ts";
import { ROOT, run } from "./release.ts";

/** As far as it is read here: https://cyclonedx.org/docs/1.5/json/. */
interface Component {
  readonly "bom-ref": string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
}

interface Bom {
  readonly specVersion: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** In the lockfiles, and not in the image: Node and addons of others, and what is for other systems. */
const NOT_IN_IMAGE =
  /(^|[/-])(darwin|win32|win|arm|arm64)\b|^node-linux-|^uws-pack@|^@uwsjs\/linux-x64-(?!22@)/;

/** What npm says that a folder's lockfile has, without development tools. */
async function npmBom(folder: string): Promise<Bom> {
  const args = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"];
  return JSON.parse(await run("npm", args, folder)) as Bom;
}

/** @param type one of CycloneDX's: library, container */
function bomOf(
  { name, version, type }: Pick<Component, "name" | "version" | "type">,
  purl: string,
  components: readonly Component[],
  specVersion: string,
): string {
  const ref = `${name}@${version}`;
  const licenses = [{ license: { id: "Apache-2.0" } }];
  const bom = {
    bomFormat: "CycloneDX",
    specVersion,
    serialNumber: `urn:uuid:${randomUUID()}`,
    version: 1,
    metadata: {
      timestamp: new Date().toISOString(),
      component: { "bom-ref": ref, type, name, version, purl, licenses },
    },
    components,
    dependencies: [{ ref, dependsOn: components.map((one) => one["bom-ref"]) }],
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

/** That of a package: what it depends on and what is in it, in the versions of the lockfile. */
export async function packageBom(
  { name, folder, bundled }: Package,
  version: string,
): Promise<string> {
  const { components, specVersion } = await npmBom(ROOT);
  const manifest = await readFile(join(ROOT, folder, "package.json"), "utf8");
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> };
  const direct = components.filter(
    (one) => dependencies[one.name] === one.version || bundled.includes(one.name),
  );
  if (direct.length < Object.keys(dependencies).length + bundled.length) {
    throw new Error(`${folder}/package.json: a dependency is not in the lockfile in its version`);
  }
  const library = { name, version, type: "library" };
  return bomOf(library, `pkg:npm/${name}@${version}`, direct, specVersion);
}

/** That of the image: npm packages, Node, and the packages of Debian that it was built from. */
export async function imageBom(version: string): Promise<string> {
  const folders = [ROOT, join(ROOT, "deploy/docker")];
  const boms = await Promise.all(folders.map(npmBom));
  const byRef = new Map(
    boms
      .flatMap(({ components }) => components)
      .filter((component) => !NOT_IN_IMAGE.test(component["bom-ref"]))
      .map((component) => [component["bom-ref"], component]),
  );
  const components = [...byRef.values(), ...(await systemComponents(version))];
  const container = { name: "ovation", version, type: "container" };
  const specVersion = boms[0]?.specVersion ?? "1.5";
  return bomOf(container, `pkg:docker/ovation@${version}`, components, specVersion);
}

/** Node and Debian's packages, as the image itself lists them. */
async function systemComponents(version: string): Promise<Component[]> {
  const inImage = (program: string, ...args: string[]) =>
    run("docker", ["run", "--rm", "--entrypoint", program, imageOf(version), ...args]);
  const node = (await inImage("node", "--version")).trim().slice(1);
  const list = await inImage(
    "dpkg-query",
    "--show",
    "--showformat",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
    "${Package} ${Version} ${Architecture}\\n",
  );
  const debian = list
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", own = "", architecture = ""] = line.split(" ");
      const purl = `pkg:deb/debian/${name}@${encodeURIComponent(own)}?arch=${architecture}&distro=debian-13`;
      return { "bom-ref": `deb:${name}@${own}`, type: "library", name, version: own, purl };
    });
  const purl = `pkg:generic/node@${node}`;
  const runtime = { "bom-ref": `node@${node}`, type: "application", name: "node", version: node };
  return [{ ...runtime, purl }, ...debian];
}
