/** What all elements look like: colours by purpose, in both schemes, which pages may replace. */

/**
 * `light-dark()` goes by the `color-scheme` of the page, or of the element. Each property of the page
 * has a private one, so that its default is in one place.
 */
export const THEME = `
:host {
  --_text: var(--ovation-text, light-dark(#16181d, #f4f1f3));
  --_muted: var(--ovation-muted, light-dark(#5a616e, #aaa3ad));
  --_surface: var(--ovation-surface, light-dark(#fff, #18161a));
  --_raised: var(--ovation-raised, light-dark(#f2f4f7, #252229));
  --_line: var(--ovation-line, light-dark(#dbe0e7, #38333d));
  --_accent: var(--ovation-accent, light-dark(#0b5fbd, #7cc0ff));
  --_on-accent: var(--ovation-on-accent, light-dark(#fff, #071422));
  --_heart: var(--ovation-heart, light-dark(#d9223d, #ff5b6c));
  --_danger: var(--ovation-danger, light-dark(#b3211a, #ff9388));
  --_radius: var(--ovation-radius, 14px);
  display: block;
  color: var(--_text);
  font: 400 var(--ovation-font-size, 15px)/1.4 var(--ovation-font, system-ui, sans-serif);
  text-align: start;
}
:host([hidden]), [hidden] { display: none !important; }
*, ::before, ::after { box-sizing: border-box; }
p, ol, form { margin: 0; padding: 0; list-style: none; }
button, input { margin: 0; color: inherit; font: inherit; }
button { cursor: pointer; touch-action: manipulation; }
button:disabled { cursor: default; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.icon { display: block; inline-size: 20px; block-size: 20px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.quiet { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.number { font-variant-numeric: tabular-nums; }
.fault { color: var(--_danger); font-size: 0.87em; }
p:empty:not(.quiet) { display: none; }
.card { border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_surface); }
`;

const sheets = new Map<string, CSSStyleSheet>();

/** One sheet for all elements with this text. A page's policy for styles doesn't concern it. */
export function sheetOf(css: string): CSSStyleSheet {
  let sheet = sheets.get(css);
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    sheets.set(css, sheet);
  }
  return sheet;
}
