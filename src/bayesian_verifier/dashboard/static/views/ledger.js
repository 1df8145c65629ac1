// What did operations do, line by line?

import { get } from "../data.js";
import { h, put, table } from "../dom.js";
import * as f from "../format.js";
import { link, query } from "../route.js";

const LIMIT = 50;
const KINDS = { alarm: "bad", population: "warn", gate: "plain", approval_asked: "warn", approved: "good", rejected: "bad", expired: "plain", promotion: "good", rollback: "warn" };

export const title = () => "Ledger";
export const load = (route, _, signal) => get(`ledger${query({ kind: route.kind, offset: route.offset, limit: LIMIT })}`, signal);

export function make(root) {
  const chips = h("nav", { class: "chips", "aria-label": "Kind of line" });
  const lines = h("div", { class: "stack" });
  const pager = h("div", { class: "pager" });
  root.append(h("div", { class: "page-head" }, h("div", {}, h("h1", {}, "Ledger"), h("p", { class: "lead" }, "What operations did, newest first. No person's name is in it."))), chips, h("section", { class: "card" }, lines, pager));
  return {
    update(data, route) {
      const all = Object.values(data.kinds).reduce((sum, one) => sum + one, 0);
      const chip = (kind, text, count) => h("a", { href: link({ view: "ledger", kind }), "aria-current": route.kind === kind ? "true" : null, "data-focus": `kind ${kind}` }, `${text} ${f.count(count)}`);
      put(chips, chip("", "all", all), Object.entries(data.kinds).map(([kind, count]) => chip(kind, words(kind), count)));
      put(lines, table("Lines of the ledger", COLUMNS, data.lines.map(row), { empty: route.kind ? "No line of this kind." : "The ledger is empty." }));
      put(pager, pages(data, route));
    },
    destroy() {},
  };
}

const COLUMNS = [["Line", "num"], ["When", "when"], ["Kind", "short"], ["What it says", "text"]];
const words = (kind) => kind.replaceAll("_", " ");

const row = (one) => [
  f.count(one.n),
  h("time", { title: f.fullTime(one.t) }, f.time(one.t)),
  h("span", { class: `pill ${KINDS[one.kind] ?? "plain"}` }, words(one.kind)),
  h("div", {}, said(one), h("details", { "data-focus": `line ${one.id}` }, h("summary", {}, "All of it"), h("pre", {}, JSON.stringify({ id: one.id, writer: one.writer, ...one.members }, null, 1)))),
];

/** The line as a sentence, where its kind is known. */
function said({ kind, members: m }) {
  const sentences = {
    alarm: () => `Somebody changed by ${f.moved(m)} since ${f.date(Date.parse(m.change_began))}: R = ${f.figure(m.statistic)} after window ${m.number}.`,
    population: () => `${words(String(m.measure))} is ${f.figure(m.value)}, ${m.raised ? "over" : "back below"} the limit of ${f.figure(m.limit)}.`,
    training_started: () => `${m.run}: ${m.said ?? m.reason}; champion ${f.version(m.champion)}.`,
    training_ended: () => (m.challenger ? `${m.run}: challenger ${f.version(m.challenger)} after ${f.duration(1000 * m.seconds)}.` : `${m.run}: ${m.outcome}${m.error ? `, ${m.error}` : ""}.`),
    gate: () => `${m.run}: ${String(m.verdict).toLowerCase()} ${f.version(m.challenger)}. ${(m.reasons ?? []).join(", ")}.`,
    approval_asked: () => `${m.challenger ? `May ${f.version(m.challenger)} take the place of ${f.version(m.champion)}?` : `May a challenger of ${f.version(m.champion)} be trained?`} Until ${f.time(Date.parse(m.expires))}, then: ${m.default}.`,
    approved: () => `By ${m.by}${m.why ? `: ${m.why}` : ""}.`,
    rejected: () => `By ${m.by}${m.why ? `: ${m.why}` : ""}.`,
    expired: () => "Nobody answered in time.",
    promotion: () => `${f.version(m.challenger)} answers instead of ${f.version(m.champion)}, by ${m.by}.`,
    rollback: () => `Back from ${f.version(m.from)} to ${f.version(m.to)}, by ${m.by}.`,
  };
  return sentences[kind]?.() ?? "";
}

function pages(data, route) {
  const step = (to, text) => h("a", { href: link({ ...route, offset: to }), "data-focus": `page ${text}` }, text);
  const end = data.offset + data.lines.length;
  return [
    h("span", {}, data.matching ? `${f.count(data.offset + 1)} to ${f.count(end)} of ${f.count(data.matching)}` : ""),
    h("span", {}, data.offset ? step(Math.max(0, data.offset - LIMIT), "Newer") : null, data.offset && end < data.matching ? " · " : null, end < data.matching ? step(end, "Older") : null),
  ];
}
