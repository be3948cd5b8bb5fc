/** Code that imports the SDK by the names of its package, as one script. */
import { join } from "node:path";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");

/** @param code TypeScript, with or without JSX, that imports `ovation-client` */
export async function bundledWithSdk(code: string, platform: "browser" | "node"): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: "tsx", resolveDir: ROOT },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    platform,
    packages: platform === "node" ? "external" : "bundle",
    alias: {
      "ovation-client/react": join(ROOT, "sdk/react/index.ts"),
      "ovation-client": join(ROOT, "sdk/index.ts"),
    },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return outputFiles[0]?.text ?? "";
}
