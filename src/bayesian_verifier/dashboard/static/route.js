// Which view, whose, and which time? All of it stands in the part of the address that a browser sends to nobody.

const VIEWS = ["people", "person", "policy", "population", "operations", "ledger"];

/** What an address asks for. from, to: milliseconds since 1970, or null for all there is.   theta, sigma: or null. */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view, key = null] = path.split("/");
  const values = new URLSearchParams(query);
  const at = (name) => {
    const t = Date.parse(values.get(name) ?? "");
    return Number.isNaN(t) ? null : t;
  };
  const figure = (name) => {
    const text = values.get(name);
    return text && Number.isFinite(Number(text)) ? Number(text) : null;
  };
  return {
    view: VIEWS.includes(view) ? view : "people",
    key,
    from: at("from"),
    to: at("to"),
    last: values.get("last"),
    find: values.get("find") ?? "",
    order: values.get("order") ?? "attention",
    kind: values.get("kind") ?? "",
    theta: figure("theta"),
    sigma: figure("sigma"),
    at: values.get("at") ?? "",
    offset: Math.max(0, Number(values.get("offset")) || 0),
  };
}

/** The address that asks for it. */
export function link(route) {
  const values = new URLSearchParams();
  if (route.last) values.set("last", route.last);
  for (const name of ["from", "to"]) if (!route.last && route[name] != null) values.set(name, new Date(route[name]).toISOString());
  for (const name of ["theta", "sigma"]) if (route[name] != null) values.set(name, route[name]);
  for (const name of ["find", "kind", "at"]) if (route[name]) values.set(name, route[name]);
  if (route.order && route.order !== "attention") values.set("order", route.order);
  if (route.offset) values.set("offset", route.offset);
  const query = values.toString();
  return `#/${route.view}${route.key ? `/${route.key}` : ""}${query ? `?${query}` : ""}`;
}

export const LASTS = { "1d": ["24 hours", 86_400_000], "7d": ["7 days", 7 * 86_400_000], "30d": ["30 days", 30 * 86_400_000] };

/** The range of an address as numbers: `last` counts from the journal's newest event, which may be long ago. */
export function range(route, newest) {
  const length = LASTS[route.last]?.[1];
  if (length && newest) return { from: newest - length, to: null };
  return { from: route.from, to: route.to };
}

/** As the data asks for it. */
export function query(values) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== null && value !== "" && value !== undefined) found.set(name, value);
  const text = found.toString();
  return text ? `?${text}` : "";
}

export const go = (route, { replace = false } = {}) => {
  const address = link(route);
  if (address === location.hash) return;
  if (replace) {
    history.replaceState(null, "", address);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = address;
};
