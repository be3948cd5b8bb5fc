/** Certificates for tests, made by openssl and signed by one test authority. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../kit/nats/command.ts";

export interface CertificateAndKey {
  readonly certFile: string;
  readonly keyFile: string;
}

async function openssl(...args: string[]): Promise<void> {
  const { ok, problem } = await runCommand("openssl", args);
  if (!ok) throw new Error(`can't make a certificate: ${problem}`);
}

const EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export class TestAuthority {
  readonly folder: string;
  readonly caFile: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.caFile = join(folder, "ca.pem");
  }

  static async make(): Promise<TestAuthority> {
    const authority = new TestAuthority(await mkdtemp(join(tmpdir(), "ovation-certificates-")));
    const files = ["-keyout", join(authority.folder, "ca.key"), "-out", authority.caFile];
    const what = ["-subj", "/CN=Ovation test authority", "-days", "2"];
    await openssl("req", "-x509", ...EC_KEY, ...what, ...files);
    return authority;
  }

  /** Makes a certificate for 127.0.0.1 and localhost. */
  async certificate(name: string, days = 2): Promise<CertificateAndKey> {
    const path = (ending: string) => join(this.folder, `${name}.${ending}`);
    const [certFile, keyFile, request] = [path("pem"), path("key"), path("csr")];
    await openssl(
      "req",
      "-new",
      ...EC_KEY,
      "-subj",
      `/CN=${name}`,
      "-keyout",
      keyFile,
      "-out",
      request,
    );
    await writeFile(path("ext"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
    const by = ["-CA", this.caFile, "-CAkey", join(this.folder, "ca.key"), "-CAcreateserial"];
    const what = ["-days", String(days), "-extfile", path("ext")];
    await openssl("x509", "-req", "-in", request, ...by, ...what, "-out", certFile);
    return { certFile, keyFile };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
