/** The activity log, newest first: kills, expired leases, recoveries. */
import type { ActivityEntry } from "../../contract.ts";

export function Happenings({ happenings }: { readonly happenings: readonly ActivityEntry[] }) {
  return (
    <section className="block" aria-label="What happened">
      <h3>What happened</h3>
      <ol className="happenings" role="log" aria-label="What happened">
        {happenings.toReversed().map(({ id, at, tone, text }) => (
          <li key={`${at} ${id}`} className={`is-${tone}`}>
            <time className="number" dateTime={new Date(at).toISOString()}>
              {new Date(at).toLocaleTimeString("en-GB")}
            </time>
            <span>{text}</span>
          </li>
        ))}
      </ol>
      {happenings.length === 0 && <p className="note">Nothing yet. Kill something.</p>}
    </section>
  );
}
