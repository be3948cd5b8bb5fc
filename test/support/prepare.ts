/** Prepares everything that the integration tests run on. */
import { provideNatsVersion } from "../../kit/nats/versions.ts";
import { containerEngine } from "./engine.ts";
import { provideTestImage } from "./nats-image.ts";

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

for (const version of ["2.9", "current"] as const) {
  const binary = await provideNatsVersion(version, log);
  log(`nats-server ${version} is ${binary.path} (${binary.version})`);
}
const engine = await containerEngine();
if (!engine.answers) throw new Error(`no container engine answers: ${engine.reason}`);
log(`The image for tests is ${await provideTestImage(engine.client, log)}`);
