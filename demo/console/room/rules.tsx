/** The rules of the room: each control changes one of them at once. */
import type { RoomRules } from "ovation-client";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { ModeratorActs } from "../acts/acts-of.ts";
import type { Acts } from "../acts/use-acts.ts";
import { Field } from "../parts/field.tsx";
import { forWords } from "../parts/words.ts";

const SLOW_MODES_MS = [3_000, 5_000, 10_000, 30_000, 60_000, 300_000, 1_800_000] as const;
/** As the API allows. */
const LENGTH_LIMIT = 10_000;

interface RulesProps {
  /** As they are now. */
  readonly rules: RoomRules;
  /** The kinds that viewers publish. */
  readonly kinds: readonly string[];
  readonly acts: Acts;
  readonly moderatorActs: ModeratorActs;
}

export function Rules({ rules, kinds, acts, moderatorActs }: RulesProps) {
  const { slowModeMs = 0, closed = [], maxLength, emojiOnly = false } = rules;
  // A second change may follow before the first one is stored.
  const requested = useRef(rules);
  useEffect(() => {
    requested.current = rules;
  }, [rules]);
  const set = (change: RoomRules, what: string) => {
    const before = requested.current;
    requested.current = { ...before, ...change };
    void acts.run(moderatorActs.setRules(requested.current, before, what));
  };
  const isListed = slowModeMs === 0 || SLOW_MODES_MS.some((ms) => ms === slowModeMs);
  const slowModes = isListed ? SLOW_MODES_MS : [...SLOW_MODES_MS, slowModeMs];
  return (
    <section className="block" aria-label="Rules">
      <Field label="Slow mode: one comment from each viewer in">
        {(id) => (
          <select
            id={id}
            value={slowModeMs}
            onChange={({ target }) => {
              const ms = Number(target.value);
              set({ slowModeMs: ms }, ms === 0 ? "no slow mode" : `slow mode of ${forWords(ms)}`);
            }}
          >
            <option value={0}>off</option>
            {slowModes.map((ms) => (
              <option key={ms} value={ms}>
                {forWords(ms)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <fieldset className="field">
        <legend>Open to viewers</legend>
        <div className="checks">
          {kinds.map((kind) => (
            <label key={kind} className="check">
              <input
                type="checkbox"
                checked={!closed.includes(kind)}
                onChange={({ target }) => {
                  const others = closed.filter((one) => one !== kind);
                  const isOpen = target.checked;
                  set(
                    { closed: isOpen ? others : [...others, kind] },
                    `${kind} ${isOpen ? "open" : "closed"}`,
                  );
                }}
              />
              {kind}
            </label>
          ))}
        </div>
      </fieldset>
      <label className="check">
        <input
          type="checkbox"
          checked={emojiOnly}
          onChange={({ target }) =>
            set({ emojiOnly: target.checked }, target.checked ? "emoji only" : "words again")
          }
        />
        Emoji only
      </label>
      <MaxLength
        maxLength={maxLength}
        onSet={(length) =>
          set(
            { maxLength: length },
            length === undefined ? "comments of any length" : `at most ${length} characters`,
          )
        }
      />
    </section>
  );
}

interface MaxLengthProps {
  readonly maxLength: number | undefined;
  readonly onSet: (maxLength: number | undefined) => void;
}

function MaxLength({ maxLength, onSet }: MaxLengthProps) {
  const known = maxLength === undefined ? "" : String(maxLength);
  const [text, setText] = useState(known);
  // Another moderator may have changed it.
  useEffect(() => setText(known), [known]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text !== known) onSet(text === "" ? undefined : Number(text));
  };
  return (
    <form onSubmit={submit}>
      <Field label="Most characters of a comment">
        {(id) => (
          <span className="field-row">
            <input
              id={id}
              type="number"
              inputMode="numeric"
              min={1}
              max={LENGTH_LIMIT}
              step={1}
              placeholder="any"
              value={text}
              onChange={({ target }) => setText(target.value)}
            />
            <button type="submit" className="button" aria-disabled={text === known}>
              Set
            </button>
          </span>
        )}
      </Field>
    </form>
  );
}
