/** Who is banned on the video. */
import type { Ban } from "ovation-client";
import { useState } from "react";
import { NOTES } from "../comments/comment-row.tsx";
import { Panel } from "../parts/panel.tsx";
import { timeWords, untilWords } from "../parts/words.ts";
import { foundBans } from "./found-bans.ts";
import type { Bans } from "./use-bans.ts";

interface BansPanelProps {
  readonly bans: Bans;
  readonly unban: (ban: Ban) => void;
  /** Asks whom to ban. */
  readonly ask: () => void;
}

export function BansPanel({ bans, unban, ask }: BansPanelProps) {
  const [words, setWords] = useState("");
  const found = foundBans(bans.all, words);
  const add = (
    <button type="button" className="button is-small" onClick={ask}>
      Ban an actor …
    </button>
  );
  return (
    <Panel name="bans" title="Bans" aside={add}>
      <input
        type="search"
        className="search"
        aria-label="Search bans"
        placeholder="Actor, reason, moderator"
        value={words}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => setWords(target.value)}
      />
      <p className="fault" role="alert">
        {bans.fault === undefined ? "" : `The list may be old: ${bans.fault}`}
      </p>
      <p className="hidden" role="status">
        {words === "" ? "" : `${found.length} found`}
      </p>
      {bans.isRead && found.length === 0 && (
        <p className="empty">
          {words === "" ? "Nobody is banned on this video." : "No ban that was read matches."}
        </p>
      )}
      <ul className="entries">
        {found.map((ban) => (
          <li key={ban.actor} className="entry">
            <div className="entry-body">
              <p className="entry-line">
                <bdi className="entry-who">{ban.actor}</bdi>{" "}
                <span className="note is-banned">{NOTES[ban.mode]}</span>
              </p>
              <p className="entry-more">
                {untilWords(ban.untilMs, Date.now())}
                {ban.reason !== undefined && (
                  <>
                    {" · "}
                    <q>{ban.reason}</q>
                  </>
                )}
                {ban.by !== undefined && <> · by {ban.by}</>} · {timeWords(ban.atMs, Date.now())}
              </p>
            </div>
            <button
              type="button"
              className="button is-small"
              aria-label={`Take back the ban of ${ban.actor}`}
              onClick={() => unban(ban)}
            >
              Take back
            </button>
          </li>
        ))}
      </ul>
      {bans.hasMore && (
        <button type="button" className="button" onClick={() => void bans.readMore()}>
          {words === "" ? "Older bans" : "Search older bans too"}
        </button>
      )}
    </Panel>
  );
}
