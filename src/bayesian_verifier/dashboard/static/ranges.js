// Which time is shown? The choice above charts, in the address.

import { h } from "./dom.js";
import * as f from "./format.js";
import { go, LASTS, link } from "./route.js";

/** Links to usual ranges, and to the one that was chosen in a chart. */
export function ranges(route) {
  const chosen = route.from !== null || route.to !== null;
  const one = (last, text, current) => h("a", { href: link({ ...route, last, from: null, to: null }), "aria-current": current ? "true" : null, "data-focus": `range ${last}` }, text);
  return h(
    "nav",
    { class: "ranges", "aria-label": "Range of time" },
    Object.entries(LASTS).map(([last, [text]]) => one(last, text, route.last === last)),
    one(null, "All", !route.last && !chosen),
    !route.last && chosen ? h("a", { href: link(route), "aria-current": "true", "data-focus": "range own" }, `${route.from ? f.time(route.from) : "beginning"} to ${route.to ? f.time(route.to) : "now"}`) : null,
  );
}

/** What choosing a range in a chart does. */
export const zoomed = (route) => (from, to) => go({ ...route(), last: null, from, to });
