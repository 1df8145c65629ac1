// What does the page show now, and when does it look again?

import { follow, get, hasToken, lock, Refused } from "./data.js";
import { h, put } from "./dom.js";
import * as f from "./format.js";
import { askForToken } from "./token.js";
import { empty, notices } from "./notices.js";
import { parse } from "./route.js";
import * as ledger from "./views/ledger.js";
import * as operations from "./views/operations.js";
import * as people from "./views/people.js";
import * as person from "./views/person.js";
import * as policy from "./views/policy.js";
import * as population from "./views/population.js";

const VIEWS = { people, person, policy, population, operations, ledger };
const TABS = [["people", "People"], ["population", "Population"], ["operations", "Operations"], ["ledger", "Ledger"]];
const LEAST_MS = 700; // between two looks

const main = document.getElementById("main");
const live = document.getElementById("live");
let route = parse(location.hash);
let view = null; // the view drawn, with its name
let state = null;
let asking = null; // of what is asked now
let again = false; // whether there was news meanwhile
let due = null;
let lookedAt = 0;
let connection = "connecting";

/** Ask for what the view needs, and draw it; what was asked for another view is not waited for. */
async function look() {
  clearTimeout(due);
  due = null;
  asking?.abort();
  const mine = (asking = new AbortController());
  again = false;
  const asked = route;
  lookedAt = Date.now();
  try {
    state = await get("state", mine.signal);
    const nothing = empty(state, asked);
    const data = nothing ? null : await VIEWS[asked.view].load(asked, state, mine.signal);
    if (mine.signal.aborted) return;
    if (nothing) draw("empty", { make: () => ({ update: (_, __, root) => put(root, empty(state, asked)), destroy() {} }) }, null, asked);
    else draw(asked.view, VIEWS[asked.view], data, asked);
    document.title = `${VIEWS[asked.view].title(data, asked)} · Bayesian Verifier`;
    frame();
  } catch (error) {
    if (error.name === "AbortError") return;
    refused(error);
  } finally {
    if (asking === mine) {
      asking = null;
      if (again) soon();
    }
  }
}

function draw(name, module, data, asked) {
  if (view?.name !== name) {
    view?.parts.destroy();
    main.replaceChildren();
    view = { name, parts: module.make(main, { again: look }) };
  }
  view.parts.update(data, asked, main, state);
  main.dataset.version = state.version;
  main.dataset.view = name;
}

function refused(error) {
  if (!(error instanceof Refused)) throw error;
  if (error.status === 401) return locked();
  if (error.status === 0) {
    connection = "away";
    return frame();
  }
  view?.parts.destroy();
  view = null;
  main.dataset.view = "refused";
  return put(main, h("section", { class: "card empty" }, h("h2", {}, error.status === 404 ? "Nobody here" : "That did not work"), h("p", {}, error.message), h("p", {}, h("a", { href: "#/people" }, "All people"))));
}

function locked() {
  connection = "locked";
  view?.parts.destroy();
  view = null;
  main.dataset.view = "locked";
  askForToken(main, hasToken(), () => {
    connection = "connecting";
    look();
  });
  frame();
}

/** Everything around the view. */
function frame() {
  const pending = state?.pending ?? 0;
  put(
    document.getElementById("nav"),
    TABS.map(([name, text]) =>
      h("a", { href: `#/${name}`, "aria-current": route.view === name || (name === "people" && (route.view === "person" || route.view === "policy")) ? "page" : null, "data-focus": `tab ${name}` }, text, name === "operations" && pending ? h("span", { class: "count", "aria-label": f.plural(pending, "decision") + " waiting" }, pending) : null),
    ),
  );
  const words = { live: "live", away: "server away", locked: "token needed", connecting: "connecting" };
  const said = state?.waiting && connection === "live" ? `live, ${f.plural(state.waiting, "window")} to hear` : words[connection];
  if (live.textContent !== said) live.textContent = said;
  live.className = `live is-${connection}`;
  put(document.getElementById("notices"), notices(state, connection));
  if (!state) return;
  put(
    document.getElementById("foot"),
    h("span", {}, `${state.journal.name}: ${f.plural(state.journal.lines, "line")}`),
    h("span", {}, `${state.ledger.name}: ${f.plural(state.ledger.lines, "line")}`),
    h("span", {}, `last judgment ${f.time(state.last)}`),
    h("span", {}, `times in ${Intl.DateTimeFormat().resolvedOptions().timeZone}`),
  );
}

/** Look again soon, but not too often, and not while nobody can see it. */
function soon() {
  if (due !== null || document.hidden) return;
  if (asking) {
    again = true;
    return;
  }
  due = setTimeout(look, Math.max(0, lookedAt + LEAST_MS - Date.now()));
}

function themed() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  try {
    localStorage.setItem("bv-theme", root.dataset.theme);
  } catch {
    // for this time, then
  }
  redraw();
}

/** Charts are painted in the colours of the theme: another theme, another painting. */
function redraw() {
  view?.parts.destroy();
  view = null;
  look();
}

async function begin() {
  document.getElementById("theme").addEventListener("click", themed);
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  document.addEventListener("visibilitychange", () => document.hidden || soon());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
      const find = document.getElementById("find");
      if (find) {
        event.preventDefault();
        find.focus();
      }
    }
  });
  addEventListener("hashchange", () => {
    const before = route;
    route = parse(location.hash);
    if (connection === "locked") return;
    if (before.view !== route.view || before.key !== route.key) {
      scrollTo(0, 0);
      main.focus({ preventScroll: true });
    }
    look();
  });
  frame();
  const access = await get("access").catch(() => ({ token: false }));
  if (access.token && !hasToken()) {
    lock();
    locked();
  } else look();
  follow(
    () => soon(),
    (now) => {
      const came = now === "live" && connection !== "live";
      connection = now;
      if (came) soon();
      frame();
    },
  );
}

begin();
