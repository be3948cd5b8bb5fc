/** What moderators did on the video, newest first. */
import type { ModerationAct } from "ovation-client";
import { useCallback, useEffect, useState } from "react";
import type { ConsoleVideo } from "../kinds.ts";
import { Panel } from "../parts/panel.tsx";
import { timeWords } from "../parts/words.ts";
import { errorText } from "../session/api.ts";
import { recordWords } from "./record-words.ts";

const PAGE = 50;
/** Other moderators act too. */
const REFRESH_MS = 10_000;

interface RecordPanelProps {
  readonly video: ConsoleVideo;
  /** How many acts of this moderator are done. */
  readonly acts: number;
}

export function RecordPanel({ video, acts }: RecordPanelProps) {
  const { all, hasMore, fault, readMore } = useRecord(video, acts);
  return (
    <Panel name="record" title="What moderators did">
      <p className="fault" role="alert">
        {fault === undefined ? "" : `The record may be old: ${fault}`}
      </p>
      {all?.length === 0 && <p className="empty">Nobody has moderated this video yet.</p>}
      <ol className="entries">
        {all?.map((act) => (
          <li key={act.seq} className="entry">
            <div className="entry-body">
              <p className="entry-line">
                <bdi className="entry-who">{act.by ?? "Somebody unknown"}</bdi>{" "}
                {recordWords(act, Date.now())}
              </p>
              <p className="entry-more">
                <time className="number" dateTime={new Date(act.atMs).toISOString()}>
                  {timeWords(act.atMs, Date.now())}
                </time>
                {act.why !== undefined && (
                  <>
                    {" · "}
                    <q>{act.why}</q>
                  </>
                )}
              </p>
            </div>
          </li>
        ))}
      </ol>
      {hasMore && (
        <button type="button" className="button" onClick={() => void readMore()}>
          Older acts
        </button>
      )}
    </Panel>
  );
}

interface KnownRecord {
  /** Undefined until it is read. */
  readonly all: readonly ModerationAct[] | undefined;
  readonly hasMore: boolean;
  readonly fault: string | undefined;
}

function useRecord(video: ConsoleVideo, acts: number) {
  const [record, setRecord] = useState<KnownRecord>({
    ...{ all: undefined, hasMore: false, fault: undefined },
  });
  const read = useCallback(
    async (before?: number) => {
      try {
        const page = await video.moderate.acts({ limit: PAGE, before });
        setRecord(({ all = [], hasMore }) => {
          const first = page.at(-1)?.seq ?? 0;
          const last = page[0]?.seq ?? 0;
          // So much may have happened that there is a gap: what is before it is read again.
          const isGap = before === undefined && !all.some(({ seq }) => seq >= first);
          const others = isGap ? [] : all.filter(({ seq }) => seq < first || seq > last);
          return {
            all: [...page, ...others].toSorted((one, other) => other.seq - one.seq),
            hasMore: others.some(({ seq }) => seq < first) ? hasMore : page.length === PAGE,
            fault: undefined,
          };
        });
      } catch (error) {
        setRecord((known) => ({ ...known, fault: errorText(error) }));
      }
    },
    [video],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: reads again after each act
  useEffect(() => {
    void read();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void read();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [read, acts]);
  const oldest = record.all?.at(-1)?.seq;
  return { ...record, readMore: async () => await read(oldest) };
}
