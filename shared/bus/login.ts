/**
 * How we log in to NATS, and by which certificates both sides know each other. Files are read anew
 * at each connect, so that a secret that was exchanged needs no restart.
 */
import { readFileSync } from "node:fs";
import {
  type ConnectionOptions,
  credsAuthenticator,
  nkeyAuthenticator,
  type TlsOptions,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "nats";
import type { CommonConfig } from "../config/settings.ts";

/** The settings that a login is made of; a user and password may stand in a server's URL instead. */
export type Login = Partial<
  Pick<
    CommonConfig,
    | "natsToken"
    | "natsUser"
    | "natsPassword"
    | "natsPasswordFile"
    | "natsCredsFile"
    | "natsNkeyFile"
    | "natsTlsCaFile"
    | "natsTlsCertFile"
    | "natsTlsKeyFile"
  >
>;

/** A file's bytes, read again at each call; when that fails later on, the last ones that were read. */
function kept(path: string, what: string): () => Uint8Array {
  const read = () => {
    try {
      return readFileSync(path);
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unreadable";
      throw new Error(`${what} ${path} can't be read: ${code}`, { cause });
    }
  };
  let last = read();
  return () => {
    try {
      last = read();
    } catch {
      // It may just be exchanged: the server will say whether the old one still does.
    }
    return last;
  };
}

/** A file's text, without the line break that an editor leaves at its end. */
function keptText(path: string, what: string): () => string {
  const bytes = kept(path, what);
  return () => Buffer.from(bytes()).toString().trimEnd();
}

function authenticatorOf(login: Login): ConnectionOptions["authenticator"] {
  const { natsUser, natsPassword, natsPasswordFile, natsToken, natsCredsFile, natsNkeyFile } =
    login;
  if (natsCredsFile !== undefined) {
    return credsAuthenticator(kept(natsCredsFile, "natsCredsFile"));
  }
  if (natsNkeyFile !== undefined) {
    const seed = keptText(natsNkeyFile, "natsNkeyFile");
    return nkeyAuthenticator(() => Buffer.from(seed()));
  }
  if (natsUser !== undefined) {
    const password =
      natsPasswordFile === undefined
        ? () => natsPassword ?? ""
        : keptText(natsPasswordFile, "natsPasswordFile");
    return usernamePasswordAuthenticator(natsUser, password);
  }
  return natsToken === undefined ? undefined : tokenAuthenticator(natsToken);
}

function tlsOf({ natsTlsCaFile, natsTlsCertFile, natsTlsKeyFile }: Login): TlsOptions | undefined {
  const files = {
    ...(natsTlsCaFile === undefined ? {} : { caFile: natsTlsCaFile }),
    ...(natsTlsCertFile === undefined ? {} : { certFile: natsTlsCertFile }),
    ...(natsTlsKeyFile === undefined ? {} : { keyFile: natsTlsKeyFile }),
  };
  // The client reads them itself, at each connect; here only to name one that isn't there.
  for (const [what, path] of Object.entries(files)) kept(path, `NATS's TLS ${what}`);
  return Object.keys(files).length === 0 ? undefined : files;
}

/**
 * The client's options for a login. With certificates given, it speaks TLS or not at all.
 * @throws Error naming a file that can't be read
 */
export function loginOptions(login: Login): ConnectionOptions {
  const authenticator = authenticatorOf(login);
  const tls = tlsOf(login);
  return {
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(tls === undefined ? {} : { tls }),
  };
}
