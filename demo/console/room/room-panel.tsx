/** What applies to the whole room: its rules, the pinned comment, polls. */
import type { RoomRules } from "ovation-client";
import type { ModeratorActs } from "../acts/acts-of.ts";
import type { Acts } from "../acts/use-acts.ts";
import { Panel } from "../parts/panel.tsx";
import { type Pinned, PinnedComment } from "./pinned.tsx";
import { PollList, type Polls } from "./polls.tsx";
import { Rules } from "./rules.tsx";

interface RoomPanelProps {
  readonly rules: RoomRules;
  readonly kinds: readonly string[];
  readonly pinned: Pinned | undefined;
  readonly polls: Polls;
  readonly hasEnded: boolean;
  readonly acts: Acts;
  readonly moderatorActs: ModeratorActs;
}

export function RoomPanel(props: RoomPanelProps) {
  const { rules, kinds, pinned, polls, hasEnded, acts, moderatorActs } = props;
  return (
    <Panel name="room" title="Room">
      {hasEnded && (
        <p className="fault">This video has ended: nothing is published on it any more.</p>
      )}
      <Rules {...{ rules, kinds, acts, moderatorActs }} />
      <h3 className="block-title">Pinned</h3>
      <PinnedComment pinned={pinned} unpin={(id) => void acts.run(moderatorActs.unpin(id))} />
      <h3 className="block-title">Polls</h3>
      <PollList {...{ polls, acts, moderatorActs }} />
    </Panel>
  );
}
