// Who is there, and who deserves a look?

import { get } from "../data.js";
import { h, put, table } from "../dom.js";
import * as f from "../format.js";
import { go, link, query } from "../route.js";

const LIMIT = 50;
const ORDERS = [["attention", "Who may have changed"], ["recent", "Last judged"], ["judgments", "Most judgments"], ["mean", "Risk aversion"], ["name", "Name"]];

export const title = () => "People";
export const load = (route, _, signal) => get(`people${query({ find: route.find, order: route.order, offset: route.offset, limit: LIMIT })}`, signal);

export function make(root) {
  let route = null;
  let typing = null;
  const find = h("input", { id: "find", type: "search", placeholder: "Find a person", "aria-label": "Find a person", maxlength: 200 });
  find.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => go({ ...route, find: find.value.trim(), offset: 0 }, { replace: true }), 200);
  });
  const order = h("select", { id: "order" }, ORDERS.map(([value, text]) => h("option", { value }, text)));
  order.addEventListener("change", () => go({ ...route, order: order.value, offset: 0 }, { replace: true }));
  const lead = h("p", { class: "lead" });
  const list = h("div", { class: "stack" });
  const pager = h("div", { class: "pager" });
  root.append(
    h("div", { class: "page-head" }, h("div", {}, h("h1", {}, "People"), lead)),
    h("div", { class: "tools" }, find, h("label", {}, "Order", order)),
    h("section", { class: "card" }, list, pager),
  );
  return {
    update(data, asked, _, state) {
      route = asked;
      if (document.activeElement !== find) find.value = route.find;
      order.value = route.order;
      lead.textContent = `${f.plural(state.people, "person", "people")}, ${f.plural(state.judgments, "judgment")}, ${f.plural(state.alarms, "alarm")} so far.`;
      const scale = extent(data.people);
      put(list, table("People", COLUMNS, data.people.map((one) => row(one, scale)), { empty: route.find ? `Nobody's name holds “${route.find}”.` : "Nobody yet." }));
      put(pager, pages(data, route));
    },
    destroy() {
      clearTimeout(typing);
    },
  };
}

const COLUMNS = [["Person", "name"], ["Risk aversion", ""], ["90% interval", ""], ["Judgments", "num"], ["Windows", "num"], ["Drift statistic", "num"], ["Last", "when"], ["Answered by", ""]];

function row(one, scale) {
  return [
    h("a", { href: link({ view: "person", key: one.key }), "data-focus": one.key }, one.subject),
    f.belief(one.mean, one.sd),
    one.mean === null ? "" : bar(one, scale),
    f.count(one.judgments),
    f.count(one.windows),
    drift(one),
    h("time", { title: f.fullTime(one.last) }, f.time(one.last)),
    one.source === "verifier" ? "service" : h("span", { class: "pill warn" }, f.by(one.source, one.reason)),
  ];
}

function drift(one) {
  if (one.alarms) return h("span", {}, h("span", { class: "pill bad" }, one.alarms > 1 ? `changed ${one.alarms} times` : "changed"), ` ${f.date(one.alarmed)}`);
  return one.statistic === null ? "" : f.figure(one.statistic);
}

const extent = (people) => {
  const ends = people.filter((one) => one.mean !== null).flatMap((one) => [one.mean - 1.645 * one.sd, one.mean + 1.645 * one.sd]);
  const [low, high] = [Math.min(0, ...ends), Math.max(1, ...ends)];
  return (value) => 2 + (186 * (value - low)) / (high - low);
};

/** The 90% interval on the scale of all that are listed; a line where risk neutrality is. */
function bar(one, at) {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  const part = (name, attributes) => {
    const element = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    svg.append(element);
  };
  svg.setAttribute("class", `bar ${one.source === "verifier" ? "verifier" : "controller"}`);
  svg.setAttribute("viewBox", "0 0 190 16");
  svg.setAttribute("role", "img");
  const [low, high] = [one.mean - 1.645 * one.sd, one.mean + 1.645 * one.sd];
  svg.setAttribute("aria-label", f.interval(low, high));
  part("line", { x1: at(0), x2: at(0), y1: 1, y2: 15, stroke: "var(--edge)", "stroke-width": 1 });
  part("line", { x1: at(low), x2: at(high), y1: 8, y2: 8, stroke: "currentColor", "stroke-width": 3, "stroke-linecap": "round", opacity: 0.4 });
  part("circle", { cx: at(one.mean), cy: 8, r: 4, fill: "currentColor" });
  return svg;
}

function pages(data, route) {
  if (data.matching <= data.people.length && !data.offset) return [h("span", {}, f.plural(data.matching, "person", "people"))];
  const step = (to, text) => h("a", { href: link({ ...route, offset: to }), "data-focus": `page ${text}` }, text);
  const end = data.offset + data.people.length;
  return [
    h("span", {}, `${f.count(data.offset + 1)} to ${f.count(end)} of ${f.count(data.matching)}`),
    h("span", {}, data.offset ? step(Math.max(0, data.offset - LIMIT), "Previous") : null, data.offset && end < data.matching ? " · " : null, end < data.matching ? step(end, "Next") : null),
  ];
}
