/** The image of the container tests: a nats-server and nothing else, built without a registry. */
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ContainerRuntimeClient, GenericContainer, ImageName } from "testcontainers";
import { type LogLine, runCommand } from "../../kit/nats/command.ts";
import { NATS_CACHE, type NatsBinary } from "../../kit/nats/source.ts";
import { provideNatsVersion } from "../../kit/nats/versions.ts";

const DOCKERFILE = `FROM scratch
COPY rootfs/ /
EXPOSE 4222
ENTRYPOINT ["/nats-server"]
`;

/** The pinned version, which Go links statically; without Go, the system's. */
async function binaryForImage(log: LogLine): Promise<NatsBinary> {
  try {
    return await provideNatsVersion("current", log);
  } catch {
    return provideNatsVersion("2.9", log);
  }
}

/** The shared libraries that a program loads; none if it is linked statically. */
async function libraries(path: string): Promise<string[]> {
  const { ok, stdout } = await runCommand("ldd", [path]);
  if (!ok) return [];
  const found = stdout.split("\n").map((line) => /(?:=> |^\s+)(\/\S+)/.exec(line)?.[1]);
  return found.filter((library) => library !== undefined);
}

async function writeContext(folder: string, binary: NatsBinary): Promise<void> {
  const root = join(folder, "rootfs");
  await rm(folder, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  await cp(binary.path, join(root, "nats-server"), { dereference: true });
  for (const library of await libraries(binary.path)) {
    await cp(library, join(root, library), { dereference: true });
  }
  await writeFile(join(folder, "Dockerfile"), DOCKERFILE);
}

/** The name of the image, which is built first if the engine doesn't have it. */
export async function provideTestImage(
  client: ContainerRuntimeClient,
  log: LogLine,
): Promise<string> {
  const binary = await binaryForImage(log);
  const image = `ovation-test-nats:${binary.version}`;
  if (await client.image.exists(ImageName.fromString(image))) return image;
  log(`Building the image ${image}`);
  const folder = join(NATS_CACHE, `image-${process.pid}`);
  try {
    await writeContext(folder, binary);
    await GenericContainer.fromDockerfile(folder).build(image, { deleteOnExit: false });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return image;
}
