/** Gateways and dispatchers, with NATS between them; each can be killed and restarted. */
import { useEffect, useState } from "react";
import type { ProcessView, Snapshot } from "../../contract.ts";
import type { StackLink } from "./stack-link.ts";

interface ProcessesProps {
  readonly link: StackLink;
  readonly snapshot: Snapshot;
  /** The gateway that this page is connected to. */
  readonly ownGateway: string | undefined;
}

export function Processes({ link, snapshot, ownGateway }: ProcessesProps) {
  const { processes, rates } = snapshot;
  const of = (role: ProcessView["role"]) => processes.filter((process) => process.role === role);
  const card = (process: ProcessView) => (
    <ProcessCard
      key={process.name}
      process={process}
      isOwn={
        ownGateway !== undefined && process.gatewayId === ownGateway && process.state === "running"
      }
      onKill={() => void link.kill(process.name)}
      onRevive={() => void link.revive(process.name)}
    />
  );
  return (
    <div className="processes">
      <section aria-label="Gateways" className="processes-side">
        <h3>Gateways</h3>
        {of("gateway").map(card)}
      </section>
      <Bus isFlowing={rates.eventsIn > 0.5} nats={of("nats")[0]} />
      <section aria-label="Dispatchers" className="processes-side">
        <h3>Dispatchers</h3>
        {of("dispatcher").map(card)}
      </section>
    </div>
  );
}

function Bus({ isFlowing, nats }: { isFlowing: boolean; nats: ProcessView | undefined }) {
  const isUp = nats === undefined || nats.state === "running";
  return (
    <div className={`bus ${isUp ? "" : "is-down"} ${isFlowing ? "is-flowing" : ""}`}>
      <span className="bus-line" aria-hidden="true" />
      <span className="bus-name">NATS</span>
      <span className="bus-line" aria-hidden="true" />
    </div>
  );
}

interface ProcessCardProps {
  readonly process: ProcessView;
  readonly isOwn: boolean;
  readonly onKill: () => void;
  readonly onRevive: () => void;
}

function ProcessCard({ process, isOwn, onKill, onRevive }: ProcessCardProps) {
  const { name, role, state, eventsPerSecond = 0, connections = 0 } = process;
  const isUp = state === "running";
  const rate = Math.round(eventsPerSecond).toLocaleString("en");
  return (
    <article className={`process is-${state}`} aria-label={name}>
      <header className="process-head">
        <span className="process-dot" aria-hidden="true" />
        <h4>{name}</h4>
        {isOwn && (
          <span className="process-own" title="This page is connected to it">
            you
          </span>
        )}
        <button
          type="button"
          className={isUp ? "act act-kill" : "act act-revive"}
          aria-label={`${isUp ? "Kill" : "Revive"} ${name}`}
          aria-disabled={state === "starting" || state === "stopped"}
          onClick={isUp ? onKill : onRevive}
        >
          {isUp ? "Kill" : "Revive"}
        </button>
      </header>
      {isUp ? (
        <dl className="process-figures">
          {role === "gateway" && (
            <div>
              <dt>connections</dt>
              <dd className="number">{connections.toLocaleString("en")}</dd>
            </div>
          )}
          <div>
            <dt>{role === "gateway" ? "sent/s" : "events/s"}</dt>
            <dd className="number">{rate}</dd>
          </div>
          <div>
            <dt>CPU</dt>
            <dd className="number">{percent(process.cpu)}</dd>
          </div>
        </dl>
      ) : (
        <p className="process-down">
          <DownText process={process} />
        </p>
      )}
    </article>
  );
}

/** Shows that it is down, and for how much longer. */
function DownText({ process: { state, backAtMs } }: { readonly process: ProcessView }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  if (state === "starting") return "Starting …";
  if (backAtMs === undefined) return "Stopped";
  return `Killed. Back in ${Math.max(0, Math.ceil((backAtMs - now) / 1_000))} s`;
}

function percent(share: number | undefined): string {
  return share === undefined ? "–" : `${Math.round(share * 100)}%`;
}
