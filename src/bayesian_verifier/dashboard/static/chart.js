// How is a chart drawn, read by keyboard, and read aloud?

import { h, put } from "./dom.js";
import * as f from "./format.js";

const uPlot = window.uPlot;
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A colour of the theme, so much of it. */
export function tint(name, amount) {
  const hex = colour(name);
  return hex + Math.round(255 * amount).toString(16).padStart(2, "0");
}

const FONT = '12px system-ui, "Segoe UI", Roboto, sans-serif';
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** An axis. label: with its unit. */
export function axis({ label = null, size = 52, values = null, side = 3, grid = true, ...more } = {}) {
  return {
    side,
    size,
    label,
    labelSize: label ? 18 : 0,
    labelGap: 2,
    font: FONT,
    labelFont: FONT,
    stroke: () => colour("soft"),
    grid: typeof grid === "object" ? grid : { show: grid, stroke: () => colour("line"), width: 1 },
    ticks: { show: false },
    values: values ?? ((_, marks) => marks.map((v) => (v === null ? "" : Math.abs(v) >= 10_000 ? compact.format(v) : String(Number(v.toPrecision(6))).replace("-", "−")))),
    ...more,
  };
}

/** The axis of time, in the reader's own zone. */
export function timeAxis() {
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  const seconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
  return axis({
    side: 2,
    size: 30,
    grid: false,
    space: 76,
    values: (_, marks) => {
      const step = marks.length > 1 ? marks[1] - marks[0] : 0;
      return marks.map((t) => (step >= 86_400_000 || (step && new Date(t).getHours() === 0 && new Date(t).getMinutes() === 0) ? day.format(t) : step < 60_000 ? seconds.format(t) : clock.format(t)));
    },
  });
}

const isDecade = (v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9;

const onlyDecades = (_, marks) => marks.map((v) => (isDecade(v) ? v : null));

/** A logarithmic axis, one mark a decade. */
export const decades = (label) =>
  axis({
    label,
    filter: onlyDecades,
    grid: { show: true, stroke: () => colour("line"), width: 1, filter: onlyDecades },
    values: (_, marks) => marks.map((v) => (v === null ? "" : v >= 10_000 ? compact.format(v) : String(Number(v.toPrecision(3))))),
  });

/**
 * A chart with its title, legend and readout.
 *
 * options: uPlot's, without size.   say(i): what stands at a place, as [name, text] pairs, the first of them where.
 * zoom(from, to): called when a range is chosen; null, null for all.   legend: [shape, colour, text].
 */
export class Chart {
  constructor({ title, note = null, legend = [], height = 220, say, zoom = null, options, rest = null, wide = false }) {
    this.options = options;
    this.height = height;
    this.say = say;
    this.zoom = zoom;
    this.rest = rest ?? ((data) => data[0].length - 1);
    this.place = h("div", { class: "plot", tabindex: 0, role: "slider", "aria-label": `${title}. Arrow keys read it out`, "aria-valuemin": 0, "aria-orientation": "horizontal", "data-focus": `chart ${title}`, onkeydown: (event) => this.key(event) });
    this.place.style.height = `${height}px`;
    this.readout = h("p", { class: "readout" }, " ");
    this.figures = h("details", { class: "figures", ontoggle: () => this.figures.open && this.fill() }, h("summary", {}, "Figures"));
    this.note = h("p", { class: "note" }, note ?? "");
    this.legend = h("ul", { class: "legend", "aria-hidden": "true" });
    put(this.legend, legend.map(([shape, name, text]) => h("li", {}, h("span", { class: `key ${shape} ${name}` }), text)));
    this.element = h("figure", { class: wide ? "card chart wide" : "card chart" }, h("figcaption", {}, h("h3", {}, title), this.note), this.legend, this.place, this.readout, this.figures);
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.place);
  }

  /** Draw, or draw anew. data: uPlot's.   extra: what drawing hooks look at. */
  update(data, extra = {}) {
    this.data = data;
    this.extra = extra;
    const points = data[0].length;
    this.element.classList.toggle("no-data", points === 0);
    this.place.setAttribute("aria-valuemax", Math.max(0, points - 1));
    if (!this.plot) this.draw();
    else this.plot.setData(data);
    this.tell(this.rest(data, extra), false);
    if (this.figures.open) this.fill();
  }

  draw() {
    this.plot?.destroy();
    const width = Math.max(120, this.place.clientWidth);
    const hooks = { ...(this.options.hooks ?? {}) };
    hooks.setCursor = [...(hooks.setCursor ?? []), (u) => u.cursor.idx !== null && u.cursor.idx !== undefined && this.hovered && this.tell(u.cursor.idx, false)];
    hooks.setSelect = [(u) => this.selected(u)];
    hooks.init = [(u) => (u.bv = this)];
    this.place.replaceChildren();
    this.plot = new uPlot(
      {
        ms: 1,
        width,
        height: this.height,
        legend: { show: false },
        ...this.options,
        scales: { x: { range: roomy }, ...(this.options.scales ?? {}) },
        cursor: { points: { size: 7 }, drag: { x: Boolean(this.zoom), y: false, setScale: false }, ...(this.options.cursor ?? {}), bind: { dblclick: () => () => this.zoom?.(null, null) } },
        hooks,
      },
      this.data,
      this.place,
    );
    this.plot.over.addEventListener("mouseenter", () => (this.hovered = true));
    this.plot.over.addEventListener("mouseleave", () => {
      this.hovered = false;
      this.tell(this.rest(this.data, this.extra), false);
    });
  }

  resize() {
    const width = this.place.clientWidth;
    if (this.plot && width > 0 && Math.abs(width - this.plot.width) > 1) this.plot.setSize({ width, height: this.height });
  }

  selected(u) {
    if (!this.zoom || u.select.width < 4) return;
    const [from, to] = [u.select.left, u.select.left + u.select.width].map((x) => u.posToVal(x, "x"));
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.zoom(Math.round(from), Math.round(to));
  }

  key(event) {
    const last = this.data[0].length - 1;
    const at = this.at ?? last;
    const page = Math.max(1, Math.round(last / 10));
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - page, PageDown: at + page, Home: 0, End: last }[event.key];
    if (next !== undefined && last >= 0) {
      event.preventDefault();
      const i = Math.min(last, Math.max(0, next));
      this.plot.setCursor({ left: this.plot.valToPos(this.data[0][i], "x"), top: this.plot.over.clientHeight / 2 });
      this.tell(i, true);
    } else if (this.zoom && (event.key === "+" || event.key === "-" || event.key === "0")) {
      event.preventDefault();
      if (event.key === "0") return this.zoom(null, null);
      const { min, max } = this.plot.scales.x;
      const half = (max - min) * (event.key === "+" ? 0.25 : 1);
      const middle = this.data[0][at] ?? (min + max) / 2;
      this.zoom(Math.round(middle - half), Math.round(middle + half));
    }
    return undefined;
  }

  /** What stands at a place, under the chart and for who listens. */
  tell(i, moved) {
    this.at = i;
    const pairs = i >= 0 ? this.say(i, this.data, this.extra) : [];
    put(this.readout, i < 0 ? "Nothing in this range." : pairs.map(([name, text], n) => (n ? h("span", {}, h("b", {}, name), " ", text) : h("time", {}, text))));
    this.place.setAttribute("aria-valuenow", Math.max(0, i));
    this.place.setAttribute("aria-valuetext", pairs.map(([name, text]) => `${name} ${text}`).join(", ") || "nothing");
    if (!moved) return;
    this.place.dataset.read = i;
  }

  /** The same figures as a table: the newest 200. */
  fill() {
    const last = this.data[0].length - 1;
    const rows = [];
    for (let i = last; i >= 0 && rows.length < 200; i--) rows.push(this.say(i, this.data, this.extra));
    const names = rows[0]?.map(([name]) => name) ?? [];
    this.figures.querySelector("div")?.remove();
    this.figures.append(
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Figures of the chart" }, h("table", {}, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows.map((row) => h("tr", {}, row.map(([, text]) => h("td", {}, text))))))),
    );
  }

  destroy() {
    this.watch.disconnect();
    this.plot?.destroy();
  }
}

/** A little more than the data, so that nothing stands on the edge. */
function roomy(_, low, high) {
  if (low === null) return [Date.now() - 3_600_000, Date.now()];
  const room = Math.max((high - low) * 0.012, 1000);
  return [low - room, high + room];
}

/** The same range of time for charts of one person, whatever each has in it. */
export const together = (u) => {
  const { t } = u.bv.extra.points;
  return roomy(u, t.length ? t[0] : null, t[t.length - 1]);
};

/** In canvas pixels: places and sizes for drawing hooks. */
export const ratio = () => uPlot.pxRatio;
export const x = (u, value) => u.valToPos(value, "x", true);
export const y = (u, value) => u.valToPos(value, "y", true);

/** Draw within the plot alone. */
export function inside(u, paint) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  paint(ctx, bbox);
  ctx.restore();
}

/** A line across, or down, with a word at its end. */
export function rule(u, { at, down = false, name, dash = [5, 4], word = "", row = 0 }) {
  inside(u, (ctx, box) => {
    const r = ratio();
    ctx.strokeStyle = colour(name);
    ctx.fillStyle = colour(name);
    ctx.lineWidth = 1.25 * r;
    ctx.setLineDash(dash.map((one) => one * r));
    ctx.beginPath();
    const place = Math.round(down ? x(u, at) : y(u, at));
    if (down) {
      ctx.moveTo(place, box.top);
      ctx.lineTo(place, box.top + box.height);
    } else {
      ctx.moveTo(box.left, place);
      ctx.lineTo(box.left + box.width, place);
    }
    ctx.stroke();
    ctx.font = `${11 * r}px system-ui, sans-serif`;
    if (down) {
      const left = place + ctx.measureText(word).width + 8 * r > box.left + box.width;
      ctx.textAlign = left ? "right" : "left";
      ctx.fillText(word, place + (left ? -5 : 5) * r, box.top + (12 + 14 * row) * r);
    } else {
      ctx.textAlign = "right";
      ctx.fillText(word, box.left + box.width - 4 * r, place - 5 * r);
    }
  });
}

/** A dot, a ring or a diamond. */
export function mark(ctx, px, py, size, shape) {
  ctx.beginPath();
  if (shape === "diamond") {
    ctx.moveTo(px, py - size);
    ctx.lineTo(px + size, py);
    ctx.lineTo(px, py + size);
    ctx.lineTo(px - size, py);
    ctx.closePath();
  } else ctx.arc(px, py, size, 0, 7);
  if (shape === "ring") ctx.stroke();
  else ctx.fill();
}

export const when = (t) => ["When", f.fullTime(t)];

/** When a bucket of time begins; a day or more has no hour. */
export const since = (t, width) => ["When", width >= 86_400_000 ? f.date(t) : f.fullTime(t)];
