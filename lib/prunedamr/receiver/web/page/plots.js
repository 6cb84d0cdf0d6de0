// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as people read them, colors, and small plots on canvases.

export { megahertz, si } from "./basics.js";

export function duration(s) {
  if (!isFinite(s) || s < 0) return "–";
  if (s < 1) return `${Math.round(1000 * s)} ms`;
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
}

// M. Okabe and K. Ito's colors, which color-blind people tell apart, each with a line style of its own.
const STYLES = {
  PSK: ["#56b4e9", []], QAM: ["#0072b2", [7, 3]], APSK: ["#9fd0ef", [2, 2]], FSK: ["#e69f00", []],
  ASK: ["#d55e00", [7, 3]], OOK: ["#d55e00", [7, 3]], AM: ["#cc79a7", []], SSB: ["#cc79a7", [2, 2]],
  FM: ["#009e73", []], OFDM: ["#f0e442", []], CSS: ["#f0e442", [7, 3]], CW: ["#009e73", [2, 2]],
  unknown: ["#b8c0c8", [2, 3]],
};
export function style(family) {
  const [color, dash] = STYLES[family] ?? ["#b8c0c8", [6, 2, 2, 2]];
  return { color, dash };
}

export function swatch(family) {
  const { color, dash } = style(family);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("viewBox", "0 0 18 10");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(svg.namespaceURI, "line");
  for (const [name, value] of Object.entries({ x1: 0, x2: 18, y1: 5, y2: 5, stroke: color, "stroke-width": 4, "stroke-dasharray": dash.join(" ") }))
    line.setAttribute(name, value);
  svg.append(line);
  return svg;
}

let known = null;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { known = null; });

/// Asked for often, while it costs a computation of styles.
export function theme() { return known ??= readTheme(); }

function readTheme() {
  const css = getComputedStyle(document.documentElement);
  const value = (name) => css.getPropertyValue(name).trim();
  return { back: value("--back"), panel: value("--panel"), line: value("--line"), text: value("--text"), dim: value("--dim"), trace: value("--trace"),
           traceDim: value("--trace-dim"), accent: value("--accent"), font: css.getPropertyValue("--font"),
           isDark: matchMedia("(prefers-color-scheme: dark)").matches };
}

/// A context in CSS pixels of a canvas that is as fine as the screen.
export function fit(canvas) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const width = Math.max(1, canvas.clientWidth), height = Math.max(1, canvas.clientHeight);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const g = canvas.getContext("2d");
  if (g.reset) g.reset(); else canvas.width = Math.round(width * ratio);
  g.scale(ratio, ratio);
  return { g, width, height };
}

/// Round numbers between low and high, about `count` of them.
export function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw) ?? 10 * power;
  const list = [];
  for (let k = Math.ceil(low / step); k * step <= high + 1e-9 * step; ++k) list.push(k * step);
  return { list, step };
}

/// Axes with ticks; returns what maps values to pixels.
function axes(canvas, x, y, { xUnit = "", yUnit = "", xScale = 1 } = {}) {
  const t = theme(), { g, width, height } = fit(canvas);
  const left = 38, right = 8, top = 8, bottom = 20;
  const px = (v) => left + (v - x[0]) / (x[1] - x[0]) * (width - left - right);
  const py = (v) => height - bottom - (v - y[0]) / (y[1] - y[0]) * (height - top - bottom);
  g.font = `10px ${t.font}`;
  g.strokeStyle = t.line;
  g.fillStyle = t.dim;
  g.lineWidth = 1;
  g.textAlign = "right";
  g.textBaseline = "middle";
  for (const v of ticks(y[0], y[1], (height - top - bottom) / 34).list) {
    g.beginPath(); g.moveTo(left, py(v)); g.lineTo(width - right, py(v)); g.stroke();
    g.fillText(String(Number(v.toPrecision(4))) + yUnit, left - 4, py(v));
  }
  g.textBaseline = "alphabetic";
  g.textAlign = "center";
  const along = ticks(x[0], x[1], (width - left - right) / 62).list;
  along.forEach((v, i) => {
    const last = i === along.length - 1;
    g.fillText(String(Number((v / xScale).toPrecision(4))) + (last ? xUnit : ""), Math.min(px(v), width - right - (last ? 14 : 0)), height - 6);
  });
  g.beginPath();
  g.rect(left, top, width - left - right, height - top - bottom);
  g.clip();
  return { g, px, py, t, width, height };
}

function nothing(canvas, text) {
  const t = theme(), { g, width, height } = fit(canvas);
  g.fillStyle = t.dim;
  g.font = `12px ${t.font}`;
  g.textAlign = "center";
  g.fillText(text, width / 2, height / 2);
}

function finite(values) { return (values ?? []).filter((v) => v !== null); }

/// In the middle of the tallest figure: as wide as high.
export function constellation(canvas, symbols) {
  if (!symbols?.length) return nothing(canvas, "no symbols were recovered");
  const reach = Math.max(1.4, 1.1 * Math.max(...symbols.map(([i, q]) => Math.max(Math.abs(i), Math.abs(q)))));
  const aspect = (canvas.clientWidth - 46) / Math.max(1, canvas.clientHeight - 28);
  const { g, px, py, t } = axes(canvas, [-reach * aspect, reach * aspect], [-reach, reach]);
  g.strokeStyle = t.dim;
  g.globalAlpha = 0.5;
  g.beginPath(); g.moveTo(px(-9), py(0)); g.lineTo(px(9), py(0)); g.moveTo(px(0), py(-9)); g.lineTo(px(0), py(9)); g.stroke();
  g.globalAlpha = 0.75;
  g.fillStyle = t.trace;
  for (const [i, q] of symbols) { g.beginPath(); g.arc(px(i), py(q), 2, 0, 7); g.fill(); }
}

/// How often each phase advance per symbol was seen: the tones stand out.
export function advances(canvas, symbols) {
  const values = symbols.map(([i]) => i), reach = Math.max(0.3, 1.15 * Math.max(...values.map(Math.abs)));
  const bins = new Array(61).fill(0);
  for (const v of values) ++bins[Math.min(60, Math.floor((v + reach) / (2 * reach) * 61))];
  const { g, px, py, t } = axes(canvas, [-reach, reach], [0, Math.max(...bins)], { xUnit: " cycles" });
  g.fillStyle = t.trace;
  bins.forEach((n, i) => {
    const x0 = px(-reach + 2 * reach * i / 61), x1 = px(-reach + 2 * reach * (i + 1) / 61);
    g.fillRect(x0 + 0.5, py(n), Math.max(1, x1 - x0 - 1), py(0) - py(n));
  });
}

function line(canvas, xs, ys, x, y, options) {
  const { g, px, py, t } = axes(canvas, x, y, options);
  g.strokeStyle = t.trace;
  g.lineWidth = 1.3;
  g.lineJoin = "round";
  g.beginPath();
  ys.forEach((v, i) => v === null ? 0 : i ? g.lineTo(px(xs(i)), py(v)) : g.moveTo(px(xs(i)), py(v)));
  g.stroke();
  return { g, px, py, t };
}

export function spectrum(canvas, picture, event) {
  const db = finite(picture?.spectrum_db);
  if (!db.length) return nothing(canvas, "not kept");
  const half = picture.rate_hz / 2, shift = picture.zero_hz - event.center_freq_hz, scale = half > 1e6 ? 1e6 : 1e3;
  const low = Math.min(...db), high = Math.max(...db);
  const { g, px, py, t } = line(canvas, (i) => shift - half + picture.rate_hz * i / db.length, db, [shift - half, shift + half],
    [low - 2, high + 3], { xUnit: scale === 1e6 ? " MHz" : " kHz", xScale: scale });
  g.fillStyle = t.traceDim;
  g.globalAlpha = 0.5;
  g.fillRect(px(-event.bandwidth_hz / 2), 0, px(event.bandwidth_hz / 2) - px(-event.bandwidth_hz / 2), py(-999));
}

export function discriminator(canvas, picture, event) {
  const hz = finite(picture?.discriminator_hz);
  if (!hz.length) { nothing(canvas, "not kept"); return "kHz"; }
  const sorted = [...hz].sort((a, b) => a - b), reach = Math.max(
    Math.abs(sorted[Math.floor(0.03 * hz.length)]), Math.abs(sorted[Math.floor(0.97 * hz.length)]), event.bandwidth_hz / 3) * 1.3;
  const unit = reach >= 2e5 ? [1e6, "MHz"] : reach >= 2e2 ? [1e3, "kHz"] : [1, "Hz"];
  const ms = 1e3 / picture.rate_hz;
  line(canvas, (i) => i * ms, hz.map((v) => v / unit[0]), [0, hz.length * ms], [-reach / unit[0], reach / unit[0]], { xUnit: " ms" });
  return unit[1];
}

export function envelope(canvas, picture) {
  const values = finite(picture?.envelope);
  if (!values.length) return nothing(canvas, "not kept");
  const ms = 1e3 / picture.rate_hz;
  line(canvas, (i) => i * ms, values, [0, values.length * ms], [0, 1.05], { xUnit: " ms" });
}

/// Minutes of fractions of time by frequency, the latest on top.
export function occupancy(canvas, minutes) {
  if (!minutes.length) return nothing(canvas, "nothing was received yet");
  const t = theme(), { g, width, height } = fit(canvas), rows = Math.min(minutes.length, 120);
  const band = minutes[minutes.length - 1], left = 44, bottom = 18;
  const rowHeight = Math.min(14, (height - bottom) / rows);
  const px = (hz) => left + (hz - band.low_hz) / (band.high_hz - band.low_hz) * (width - left);
  g.font = `10px ${t.font}`;
  g.textBaseline = "middle";
  for (let k = 0; k < rows; ++k) {
    const minute = minutes[minutes.length - 1 - k], y = k * rowHeight, step = (minute.high_hz - minute.low_hz) / minute.busy.length;
    minute.busy.forEach((share, i) => {
      if (!share) return;
      const x = px(minute.low_hz + i * step), end = px(minute.low_hz + (i + 1) * step);
      if (end < left || x > width) return;
      g.globalAlpha = 0.15 + 0.85 * share;
      g.fillStyle = t.accent;
      g.fillRect(x, y, end - x + 0.3, Math.max(1, rowHeight - 1));
    });
    g.globalAlpha = 1;
    if (k * rowHeight % 42 < rowHeight) {
      g.fillStyle = t.dim;
      g.fillText(new Date(minute.time).toISOString().slice(11, 16), 4, y + rowHeight / 2);
    }
  }
  g.fillStyle = t.dim;
  g.textAlign = "center";
  for (const hz of ticks(band.low_hz, band.high_hz, (width - left) / 90).list)
    g.fillText((hz / 1e6).toFixed(2), Math.min(px(hz), width - 16), height - 7);
}
