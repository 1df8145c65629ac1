// How are figures and moments written for people?

const DASH = "–";
const two = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const moment = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

/** A minus that is as wide as a plus. */
const minus = (text) => text.replace("-", "−");
export const number = (value, digits = 2) =>
  known(value) ? minus(digits === 2 ? two.format(value) : value.toFixed(digits)) : DASH;
export const signed = (value) => (known(value) ? (value > 0 ? "+" : "") + number(value) : DASH);

/** How far somebody changed, and in which parameter where that is not risk aversion. */
export const moved = (one) => signed(one.moved) + ((one.parameter ?? "risk_aversion") === "risk_aversion" ? "" : ` in ${one.parameter}`);
export const count = (value) => (known(value) ? whole.format(value) : DASH);
export const plural = (value, one, many = one + "s") => `${count(value)} ${value === 1 ? one : many}`;
export const share = (part, of) => {
  if (!of) return DASH;
  const percent = (100 * part) / of;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : percent.toFixed(0)}%`;
};
/** Three digits that count, whatever the size: 0.00194, 12.3, 209,767. */
export const figure = (value) => {
  if (!known(value)) return DASH;
  if (Math.abs(value) >= 1000) return minus(whole.format(value));
  return minus(value === 0 ? "0" : String(Number(value.toPrecision(3))));
};
export const belief = (mean, sd) => (known(mean) ? `${number(mean)} ± ${number(sd)}` : DASH);
export const interval = (low, high) => (known(low) ? `${number(low)} to ${number(high)}` : DASH);
export const ms = (value) => (known(value) ? `${value < 10 ? value.toFixed(1) : whole.format(value)} ms` : DASH);
export const date = (t) => (known(t) ? day.format(t) : DASH);
export const time = (t) => (known(t) ? moment.format(t) : DASH);
export const fullTime = (t) => (known(t) ? exact.format(t) : DASH);

/** A length of time in its two largest units. */
export function duration(milliseconds) {
  if (!known(milliseconds)) return DASH;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const parts = [
    [Math.floor(seconds / 86400), "d"],
    [Math.floor((seconds % 86400) / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "min"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(" ");
}

export const ago = (t, now = Date.now()) => (known(t) ? (now - t < 45_000 ? "just now" : `${duration(now - t)} ago`) : DASH);

const WORDS = {
  verifier: "service",
  controller: "controller",
  no_evidence: "no evidence yet",
  wide_posterior: "too unsure",
  untrustworthy: "not trustworthy",
  timeout: "timed out",
  unreachable: "unreachable",
  server_error: "server error",
  overloaded: "overloaded",
  circuit_open: "circuit open",
  invalid_reply: "invalid reply",
  imported: "imported",
};
export const word = (name) => WORDS[name] ?? name ?? DASH;
export const by = (source, reason) => (reason ? `${word(source)}: ${word(reason)}` : word(source));
/** What a mean risk aversion is called, after Holt and Laury (2002). */
export function attitude(mean) {
  if (!known(mean)) return "";
  const names = [[-0.95, "highly risk loving"], [-0.49, "very risk loving"], [-0.15, "risk loving"], [0.15, "risk neutral"], [0.41, "slightly risk averse"], [0.68, "risk averse"], [0.97, "very risk averse"], [1.37, "highly risk averse"]];
  return names.find(([limit]) => mean < limit)?.[1] ?? "extremely risk averse";
}
/** A version, short enough for a table: its day and its digest. */
export const version = (name) => {
  const found = /^(\d{4}-\d\d-\d\d)T\d\d-\d\d-\d\dZ-([0-9a-f]{4})/.exec(name ?? "");
  return found ? `${found[1]} ${found[2]}` : name ?? DASH;
};
