/** Builds elements without any markup, so that no text is ever parsed as HTML. */

type Attributes = Readonly<Record<string, string | boolean>>;

const SVG = "http://www.w3.org/2000/svg";

function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
}

/**
 * An element with attributes and children.
 * @param attributes `true` sets an empty one, `false` none
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/** A button, which submits nothing. */
export function button(
  attributes: Attributes,
  onClick: (event: MouseEvent) => void,
  ...children: readonly (Node | string)[]
): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, ...children);
  element.addEventListener("click", onClick);
  return element;
}

/** A symbol of 24 by 24 that means nothing to a screen reader. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  set(svg, { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" });
  const line = document.createElementNS(SVG, "path");
  set(line, { d: path });
  svg.append(line);
  return svg;
}

/** Sets a text only if it is another one: a screen reader may announce what was set. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Calls `run` once in the next animation frame, however often it was asked for. */
export function oncePerFrame(run: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      run();
    });
  };
}
