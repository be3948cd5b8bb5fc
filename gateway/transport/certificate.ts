/**
 * The certificate that viewers see: read, checked, and reloaded when its files change. A broken one
 * is never used: the old one stays, with an error in the log and a metric.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { FileWatch } from "../../shared/runtime/file-watch.ts";
import type { Log } from "../../shared/runtime/log.ts";

export interface CertificateFiles {
  /** The certificate and its intermediate certificates, in PEM. */
  readonly certFile: string;
  /** Its key, in PEM and without a passphrase. */
  readonly keyFile: string;
}

interface Certificate {
  readonly subject: string;
  /** Until when it is valid, in milliseconds since 1970. */
  readonly notAfterMs: number;
  /** Identifies the certificate, its chain and its key. */
  readonly content: string;
}

interface CertificateKeeperOptions {
  readonly files: CertificateFiles;
  readonly log: Log;
  readonly wallClock: () => number;
  /** Uses the files for every connection from now on; throws when it can't. */
  readonly use: (files: CertificateFiles) => void;
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unreadable";
    throw new Error(`${path} can't be read: ${code}`, { cause });
  }
}

function parsed<T>(path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${path} holds no ${what} in PEM without a passphrase: ${why}`, { cause });
  }
}

/** @throws Error naming the file that is at fault */
function readCertificate({ certFile, keyFile }: CertificateFiles): Certificate {
  const [cert, key] = [read(certFile), read(keyFile)];
  const x509 = parsed(certFile, "certificate", () => new X509Certificate(cert));
  const privateKey = parsed(keyFile, "private key", () => createPrivateKey(key));
  if (!x509.checkPrivateKey(privateKey)) {
    throw new Error(`the key in ${keyFile} is not that of the certificate in ${certFile}`);
  }
  return {
    subject: x509.subject,
    notAfterMs: Date.parse(x509.validTo),
    content: `${cert.toString("base64")} ${key.toString("base64")}`,
  };
}

export class CertificateKeeper {
  readonly stats = { reloads: 0, failures: 0 };
  readonly #options: CertificateKeeperOptions;
  readonly #watch = new FileWatch();
  #current: Certificate | undefined;
  #fault: string | undefined;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
  }

  /** Until when the certificate in use is valid, in milliseconds since 1970. */
  get notAfterMs(): number {
    return this.#current?.notAfterMs ?? 0;
  }

  /** A warning for the operator. */
  get warning(): string | undefined {
    if (this.#fault !== undefined) return `the new certificate can't be used: ${this.#fault}`;
    return this.notAfterMs < this.#options.wallClock() ? "the certificate has expired" : undefined;
  }

  /**
   * Loads the certificate, and watches for a new one.
   * @throws Error naming the file that is at fault
   */
  start(): void {
    this.#apply(readCertificate(this.#options.files));
    const { certFile, keyFile } = this.#options.files;
    this.#watch.start(
      [certFile, keyFile],
      () => this.reload(),
      (folder, error) =>
        this.#options.log.warn(
          { folder, error: String(error) },
          "certificate files are not watched: send SIGHUP to reload them",
        ),
    );
  }

  /** Reads the files again; nothing happens if they are the same. */
  reload(): void {
    const { files, log } = this.#options;
    try {
      const certificate = readCertificate(files);
      const isNew = certificate.content !== this.#current?.content;
      if (isNew) this.#apply(certificate);
      this.#fault = undefined;
      if (!isNew) return;
      this.stats.reloads += 1;
    } catch (error) {
      this.stats.failures += 1;
      this.#fault = error instanceof Error ? error.message : String(error);
      log.error(
        { error: this.#fault },
        "the new certificate can't be used: the old one stays in use",
      );
    }
  }

  stop(): void {
    this.#watch.stop();
  }

  #apply(certificate: Certificate): void {
    const { files, log, use } = this.#options;
    use(files);
    this.#current = certificate;
    const validTo = new Date(certificate.notAfterMs).toISOString();
    log.info({ subject: certificate.subject, validTo }, "certificate in use");
    if (certificate.notAfterMs < this.#options.wallClock())
      log.error("the certificate has expired");
  }
}
