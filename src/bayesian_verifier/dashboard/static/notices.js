// Is anything wrong, and what is to be done about it?

import { h } from "./dom.js";
import * as f from "./format.js";

const notice = (kind, title, text, ...more) => h("div", { class: `notice ${kind}` }, h("b", {}, title), h("span", {}, text), more);

/** What stands above every view. */
export function notices(state, connection) {
  const found = [];
  if (connection === "away") found.push(notice("bad", "The server of this page is away.", "What you see is as of its last answer; it is asked again every few seconds. Is `bayesian-verifier serve` or `dashboard` running?"));
  if (!state) return found;
  const { damaged, journal, ledger, service } = state;
  for (const file of [journal, ledger]) if (file.state === "unreadable") found.push(notice("bad", `${file.name} cannot be read.`, `${file.why}. Give this process the right to read it.`));
  if (damaged.lines)
    found.push(
      notice("warn", `${f.plural(damaged.lines, "damaged line")}.`, "They are left out here. `bayesian-verifier journal verify` says what can be trusted; the rest of the file is fine.", h("details", { "data-focus": "damaged" }, h("summary", {}, "Which"), h("ul", {}, damaged.first.map((one) => h("li", {}, `${one.file}, line ${one.line}: ${one.why}`))))),
    );
  if (service.state === "away") found.push(notice("warn", "The service does not answer.", `The last ${f.plural(service.judgments, "judgment")} went by the controller (${f.word(service.reason)}), since ${f.time(service.since)}. See \`bayesian-verifier doctor\` and /health/ready.`));
  return found;
}

/** What stands in place of a view that has nothing to show; null where it has. */
export function empty(state, route) {
  if (route.view === "operations" || (route.view === "ledger" && state.ledger.state !== "absent")) return null;
  if (route.view === "ledger") return page("No ledger yet", [`There is no ${state.ledger.name}.`, "It appears with the first alarm of `bayesian-verifier drift watch`, or the first training. Another place: --ledger, or BV_LEDGER."]);
  if (state.journal.state === "unreadable") return page("The journal cannot be read", [state.journal.why]);
  if (state.journal.state === "absent") return page("No journal yet", [`There is no ${state.journal.name} where this page looks.`, "A Judgment Layer makes it with its first judgment. Another place: --journal, or BV_JOURNAL. To see the page at work: `python scripts/example_journal.py DIRECTORY`."]);
  if (state.reading && !state.judgments) return page("Reading the journal", [`${f.plural(state.journal.lines, "line")} so far.`]);
  if (!state.judgments) return page("Nobody has been judged for yet", [`${state.journal.name} is there, and holds no judgment. This page fills itself as soon as one is written.`]);
  return null;
}

const page = (title, lines) => h("section", { class: "card empty" }, h("h2", {}, title), lines.map((line) => h("p", {}, line)));
