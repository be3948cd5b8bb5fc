/** The totals of one kind's variants. */
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { LiveValue } from "../live-value.ts";

/** By variant: `{ "🔥": 12 }`. */
function variantsIn(totals: Counts, kind: string): Counts {
  const prefix = `${kind}:`;
  return Object.fromEntries(
    Object.entries(totals)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, count]) => [name.slice(prefix.length), count]),
  );
}

export function reactionsIn(totals: LiveValue<Counts>, kind: string): LiveValue<Counts> {
  return {
    get current() {
      return variantsIn(totals.current, kind);
    },
    onChange: (listener) => {
      let shown: string | undefined;
      return totals.onChange((all) => {
        const variants = variantsIn(all, kind);
        const text = JSON.stringify(variants);
        if (text === shown) return;
        shown = text;
        listener(variants);
      });
    },
  };
}
