// How does a page come to be without anybody's name becoming a part of it? Text is only ever put in as text.

/** An element. props: attributes; `class`, `on…` handlers and booleans as one expects; null leaves out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...flat(children));
  return element;
}

const flat = (children) =>
  children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false);

/** Put new children into an element; what had the focus has it again, if it is still there. */
export function put(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.dataset.focus;
  const open = [...element.querySelectorAll("details[open][data-focus]")].map((one) => one.dataset.focus);
  element.replaceChildren(...flat(children));
  for (const one of element.querySelectorAll("details[data-focus]")) one.open = open.includes(one.dataset.focus) || one.open;
  if (key) element.querySelector(`[data-focus="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/** A table. columns: [heading, class?]; rows: arrays of texts or elements. */
export function table(caption, columns, rows, { empty = "nothing yet" } = {}) {
  const head = columns.map(([name, kind]) => h("th", { scope: "col", class: kind }, name));
  const body = rows.map((row) => h("tr", {}, row.map((cell, i) => h("td", { class: columns[i][1], "data-label": columns[i][0] }, cell))));
  if (!rows.length) body.push(h("tr", {}, h("td", { colspan: columns.length, class: "empty-row" }, empty)));
  return h(
    "div",
    { class: "scroll", tabindex: rows.length ? 0 : null, role: "region", "aria-label": caption, "data-focus": `table ${caption}` },
    h("table", {}, h("caption", { class: "hidden" }, caption), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)),
  );
}

/** A figure that says what it is above it. */
export const tile = (label, value, note, props = {}) =>
  h("div", { class: "tile", ...props }, h("dt", {}, label), h("dd", {}, h("span", { class: "value" }, value), note ? h("span", { class: "note" }, note) : null));

export const tiles = (...children) => h("dl", { class: "tiles" }, children);
