/** The subscription table's rows for this video: which gateway has how many viewers of it. */
import type { Snapshot } from "../../contract.ts";

interface TableRowsProps {
  readonly snapshot: Snapshot;
  readonly videoId: string;
}

export function TableRows({ snapshot, videoId }: TableRowsProps) {
  const { rows, isTableReadable, leaseMs } = snapshot;
  return (
    <section className="block" aria-label="Subscription table">
      <h3>
        Subscription table <small>of “{videoId}”</small>
      </h3>
      {isTableReadable ? null : <p className="note">The table can't be read just now.</p>}
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">gateway</th>
            <th scope="col">viewers</th>
            <th scope="col">lease</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ gatewayId, process, viewers, leaseAgeMs = leaseMs, isDead }) => (
            <tr key={gatewayId} className={isDead ? "is-dead" : ""}>
              <td>
                {process} <code>{gatewayId.slice(0, 6)}</code>
              </td>
              <td className="number">{viewers.toLocaleString("en")}</td>
              <td>
                {isDead ? (
                  "ended"
                ) : (
                  <meter min={0} max={leaseMs} value={Math.max(0, leaseMs - leaseAgeMs)}>
                    {Math.round((leaseMs - leaseAgeMs) / 1_000)} s
                  </meter>
                )}
              </td>
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td colSpan={3}>No gateway has viewers of this video.</td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}
