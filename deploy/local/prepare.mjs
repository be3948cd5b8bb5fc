/**
 * Runs before `npm start` and `npm test`, under any Node that the machine has (18 or later):
 * installs the dependencies when they are missing or differ from package-lock.json. They include
 * the Node 22 that everything else runs on, which is why only this file is plain JavaScript.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = join(root, "node_modules");
const node22 = join(modules, "node", "bin", process.platform === "win32" ? "node.exe" : "node");

const reason = whyInstall();
if (reason !== undefined) install(reason);

/** Why the dependencies must be installed; undefined when they match the lockfile. */
function whyInstall() {
  const wanted = packagesOf(join(root, "package-lock.json"));
  if (wanted === undefined) fail("package-lock.json is missing or damaged: is the clone complete?");
  // npm writes this file last, so an interrupted installation has none.
  const installed = packagesOf(join(modules, ".package-lock.json"));
  if (installed === undefined) return "the dependencies are not installed yet";
  const changed = Object.entries(wanted).some(([path, entry]) => {
    if (path === "") return false;
    const present = installed[path];
    // Optional packages of other platforms are in the lockfile only.
    if (present === undefined) return !entry.optional;
    return present.version !== entry.version || present.integrity !== entry.integrity;
  });
  if (changed) return "package-lock.json has changed since the dependencies were installed";
  return existsSync(node22) ? undefined : "the Node 22 that Ovation runs on is not installed";
}

function install(why) {
  say(`${why}: running npm ci (once; this takes up to a minute)`);
  // npm ci removes node_modules, including the Node and the commands in it.
  const path = (process.env.PATH ?? "").split(delimiter).filter((dir) => !dir.startsWith(modules));
  const env = { ...process.env, PATH: path.join(delimiter) };
  // Only errors: the warnings are about the machine's own Node, which runs nothing here.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const npmCli = process.env.npm_execpath;
  const run =
    npmCli?.endsWith("js") && existsSync(npmCli)
      ? [process.execPath.startsWith(modules + sep) ? "node" : process.execPath, [npmCli, ...args]]
      : [process.platform === "win32" ? "npm.cmd" : "npm", args];
  const result = spawnSync(run[0], run[1], { cwd: root, env, stdio: "inherit" });
  if (result.error) fail(`npm can't be run (${result.error.message}). Is it on the PATH?`);
  if (result.signal) fail(`npm ci was stopped by ${result.signal}; run the same command again`);
  if (result.status !== 0) {
    fail(
      `npm ci ended with exit code ${result.status}; its message is above. Run "npm ci" yourself.`,
    );
  }
  if (!existsSync(node22)) {
    fail(
      `the package "node" has no binary for ${process.platform}-${process.arch}. ` +
        'If npm is set to skip install scripts, run this one: "npm rebuild node".',
    );
  }
  say("the dependencies are installed");
}

/** The packages in a lockfile, by path; undefined when the file can't be read. */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

function say(text) {
  process.stdout.write(`ovation: ${text}\n`);
}

function fail(text) {
  process.stderr.write(`ovation: ${text}\n`);
  process.exit(1);
}
