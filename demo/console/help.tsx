/** All keys, and what else one must know. */
import { KEYS } from "./keys.ts";
import { Dialog } from "./parts/dialog.tsx";

interface HelpProps {
  readonly hasShortcuts: boolean;
  readonly setShortcuts: (hasShortcuts: boolean) => void;
  readonly onClose: () => void;
}

const NAMES: Readonly<Record<string, string>> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  Escape: "Esc",
};

export function Help({ hasShortcuts, setShortcuts, onClose }: HelpProps) {
  return (
    <Dialog title="Help" onClose={onClose}>
      <dl className="keys">
        {KEYS.map(({ keys, action, doc }) => (
          <div key={action} className="keys-line">
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{NAMES[key] ?? key}</kbd>
              ))}
            </dt>
            <dd>{doc}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input
          type="checkbox"
          checked={hasShortcuts}
          onChange={({ target }) => setShortcuts(target.checked)}
        />
        Single letters act
      </label>
      <ul className="help-notes">
        <li>
          The list stands still while you have selected a comment, point at one, or have scrolled
          up.
        </li>
        <li>
          A comment is deleted at once, without a question, as on Twitch: so it is gone for viewers
          within a second. It can’t be brought back. Bans, pins and rules can be taken back.
        </li>
        <li>Everything that you do is in the record, with your name.</li>
      </ul>
    </Dialog>
  );
}
