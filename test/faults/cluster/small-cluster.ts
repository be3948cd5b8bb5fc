/** The smallest deployment, with one viewer and one commenter. */
import { expect } from "vitest";
import { Commenter, expectAllComments, Viewer } from "./audience.ts";
import { FaultCluster } from "./fault-cluster.ts";

const VIDEO = "launch";

export class SmallCluster {
  readonly cluster: FaultCluster;
  readonly viewer: Viewer;
  readonly commenter: Commenter;

  private constructor(cluster: FaultCluster) {
    this.cluster = cluster;
    this.viewer = new Viewer(cluster.urls, VIDEO);
    this.commenter = new Commenter(cluster.urls, VIDEO, "ann");
  }

  /** Resolves when comments are stored. */
  static async start(): Promise<SmallCluster> {
    const small = new SmallCluster(
      await FaultCluster.start({ nats: 1, gateways: 1, dispatchers: 1 }),
    );
    await small.viewer.connected();
    small.commenter.start();
    await small.commenter.goesOn();
    return small;
  }

  /** Comments keep flowing, the viewer has all of them over its first connection, and the table is right. */
  async expectHealthy(): Promise<void> {
    await this.commenter.goesOn();
    await this.commenter.stop();
    await expectAllComments([this.viewer], [this.commenter]);
    expect(this.viewer.connections).toBe(1);
    await this.cluster.healthyTable();
  }

  async end(): Promise<void> {
    await this.commenter.stop();
    this.viewer.close();
    await this.cluster.end();
  }
}
