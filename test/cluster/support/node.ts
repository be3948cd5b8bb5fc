/**
 * A node for the API server of the chart's tests, so that pods run with addresses, names and Services.
 * Only inside in-namespaces.sh.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { access, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ApiServer, startApiServer } from "../../chart/support/api-server.ts";
import { tool } from "../../chart/support/tools.ts";
import { eventually } from "../../support/eventually.ts";

const execute = promisify(execFile);
export const NODE_ADDRESS = "10.98.0.1";
const POD_NETWORK = "10.85.0.0/24";
const STARTS_WITHIN_MS = 60_000;

export interface Cluster extends ApiServer {
  /** A folder for volumes, and for the logs of the node's parts. */
  readonly folder: string;
}

export async function startCluster(): Promise<Cluster> {
  // Its contents, and mounts in it, are removed when the namespaces end.
  const folder = process.env["OVATION_TEST_CLUSTER"];
  if (folder === undefined) throw new Error("run it by npm run test:cluster");
  const images = join(folder, "images");
  const server = await startApiServer();
  const parts: ChildProcess[] = [];
  const run = (name: string, command: string, ...args: string[]): void => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(join(folder, `${name}.log`));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    parts.push(child);
  };
  const kubeconfig = `--kubeconfig=${server.kubeconfig}`;
  const socket = join(folder, "containerd.sock");
  await configure(folder, socket, server.kubeconfig);

  run("containerd", "containerd", "--config", join(folder, "containerd.toml"), "--address", socket);
  await eventually(() => exists(socket), STARTS_WITHIN_MS);
  for (const image of await readdir(images)) {
    const load = ["--address", socket, "--namespace", "k8s.io", "images", "import"];
    await execute("ctr", [...load, join(images, image)]);
  }
  run("controllers", tool("kube-controller-manager"), kubeconfig, "--leader-elect=false");
  run("scheduler", tool("kube-scheduler"), kubeconfig, "--leader-elect=false");
  run("names", tool("coredns"), "-conf", join(folder, "Corefile"));
  run(
    "kubelet",
    tool("kubelet"),
    kubeconfig,
    ...[`--config=${join(folder, "kubelet.yaml")}`, `--root-dir=${join(folder, "kubelet")}`],
    ...["--hostname-override=node", `--node-ip=${NODE_ADDRESS}`],
  );
  run(
    "proxy",
    tool("kube-proxy"),
    kubeconfig,
    ...["--hostname-override=node", "--proxy-mode=iptables", `--cluster-cidr=${POD_NETWORK}`],
    // These would change the whole machine's settings.
    ...["--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0"],
    "--conntrack-tcp-timeout-close-wait=0",
  );
  await eventually(async () => {
    const { body } = await server.ask("GET", "/api/v1/nodes/node");
    return JSON.stringify(body).includes('"reason":"KubeletReady"');
  }, STARTS_WITHIN_MS);
  const stop = async (): Promise<void> => {
    for (const part of parts.reverse()) await end(part);
    await server.stop();
  };
  return { ...server, folder, stop };
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

async function configure(folder: string, socket: string, kubeconfig: string): Promise<void> {
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  await write("resolv.conf", `nameserver ${NODE_ADDRESS}\n`);
  await write(
    "Corefile",
    `.:53 {
      bind ${NODE_ADDRESS}
      kubernetes cluster.local {
        kubeconfig ${kubeconfig} test
      }
      cache 5
    }\n`,
  );
  await write(
    "pods.conflist",
    JSON.stringify({
      cniVersion: "0.4.0",
      name: "pods",
      plugins: [
        {
          type: "ptp",
          ipam: { type: "host-local", subnet: POD_NETWORK, routes: [{ dst: "0.0.0.0/0" }] },
        },
      ],
    }),
  );
  await write(
    "containerd.toml",
    `version = 2
    root = "${folder}/containerd"
    state = "/run/ovation-containerd"
    disabled_plugins = ["io.containerd.internal.v1.opt"]
    [plugins."io.containerd.grpc.v1.cri"]
      sandbox_image = "ovation-test-pause:1"
      # For machines where even root may not exempt a process from the OOM killer.
      restrict_oom_score_adj = true
      [plugins."io.containerd.grpc.v1.cri".cni]
        bin_dir = "/usr/lib/cni"
        conf_dir = "${folder}"\n`,
  );
  await write(
    "kubelet.yaml",
    JSON.stringify({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: "AlwaysAllow" },
      containerRuntimeEndpoint: `unix://${socket}`,
      cgroupDriver: "cgroupfs",
      enforceNodeAllocatable: [],
      failSwapOn: false,
      failCgroupV1: false,
      oomScoreAdj: 0,
      clusterDNS: [NODE_ADDRESS],
      clusterDomain: "cluster.local",
      resolvConf: join(folder, "resolv.conf"),
      // The tests don't depend on how full the machine is.
      evictionHard: {
        "memory.available": "50Mi",
        "nodefs.available": "1%",
        "imagefs.available": "1%",
      },
      imageGCHighThresholdPercent: 100,
    }),
  );
}
