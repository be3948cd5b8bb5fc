/** The smallest deployment, with somebody who watches and somebody who comments. */
import { expect } from "vitest";
import { Commenter, expectAllComments, Viewer } from "./audience.ts";
import { FaultCluster } from "./world.ts";

const VIDEO = "launch";

export class SmallWorld {
  readonly world: FaultCluster;
  readonly viewer: Viewer;
  readonly commenter: Commenter;

  private constructor(world: FaultCluster) {
    this.world = world;
    this.viewer = new Viewer(world.urls, VIDEO);
    this.commenter = new Commenter(world.urls, VIDEO, "ann");
  }

  /** Resolves when comments are stored. */
  static async start(): Promise<SmallWorld> {
    const small = new SmallWorld(
      await FaultCluster.start({ nats: 1, gateways: 1, dispatchers: 1 }),
    );
    await small.viewer.connected();
    small.commenter.start();
    await small.commenter.goesOn();
    return small;
  }

  /** Comments go on, the viewer has all of them over its first connection, and the table is right. */
  async allIsWell(): Promise<void> {
    await this.commenter.goesOn();
    await this.commenter.stop();
    await expectAllComments([this.viewer], [this.commenter]);
    expect(this.viewer.connections).toBe(1);
    await this.world.healthyTable();
  }

  async end(): Promise<void> {
    await this.commenter.stop();
    this.viewer.close();
    await this.world.end();
  }
}
