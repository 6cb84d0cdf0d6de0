// SPDX-License-Identifier: GPL-3.0-or-later
// Spectrum and waterfall: the rows that came last, the boxes of emissions on them, and a view that zooms and moves.
import { fit, style, theme, ticks } from "./plots.js";

const KEPT = 900;

const PALETTES = {
  dark: ["#080c1c", "#131d4f", "#1f4a86", "#1f7f93", "#2bb07f", "#94d741", "#fde725", "#ffffff"],
  light: ["#fbfcfe", "#dbe8f4", "#a5c8e4", "#5b9fd0", "#2272b4", "#0c4488", "#082354", "#000000"],
};

function palette(stops) {
  const rgb = stops.map((s) => [1, 3, 5].map((i) => parseInt(s.slice(i, i + 2), 16)));
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const at = i / 255 * (rgb.length - 1), k = Math.min(Math.floor(at), rgb.length - 2), f = at - k;
    const [r, g, b] = [0, 1, 2].map((c) => Math.round(rgb[k][c] + f * (rgb[k + 1][c] - rgb[k][c])));
    return (255 << 24 | b << 16 | g << 8 | r) >>> 0;
  });
}

/// A row as it travels; see the documentation of the stream.
export function parseRow(buffer) {
  const v = new DataView(buffer);
  if (v.getUint8(0) !== 1) return null;
  const bins = v.getUint16(2, true);
  return {
    run: v.getUint32(4, true), center: v.getFloat64(8, true), rate: v.getFloat64(16, true),
    first: Number(v.getBigUint64(24, true)), last: Number(v.getBigUint64(32, true)), time: Number(v.getBigInt64(40, true) / 1000n) / 1000,
    low: v.getFloat32(48, true), step: v.getFloat32(52, true), bytes: new Uint8Array(buffer, 56, bins),
  };
}

export class Waterfall {
  constructor(waterfall, spectrum, readout) {
    Object.assign(this, { waterfall, spectrum, readout });
    this.emissions = new Map(); // on the air, by id
    this.known = new Map();     // those whose boxes are still seen, too
    this.onPick = () => {};
    this.onDrawn = () => {};
    this.contrast = 40;
    this.paused = false;
    this.picture = document.createElement("canvas");
    this.paint = this.picture.getContext("2d");
    this.pointers = new Map();
    this.clear();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
    new ResizeObserver(() => this.draw()).observe(waterfall);
    for (const canvas of [waterfall, spectrum]) this.listen(canvas);
  }

  clear() {
    this.rows = []; // the newest first
    this.boxes = [];
    this.average = null;
    this.floor = null;
    this.chosen = null;
    this.view = null; // Hz: null is the whole band
    this.draw();
  }

  addRow(row) {
    if (this.paused) return;
    if (this.rows.length && this.rows[0].run !== row.run) { this.rows = []; this.boxes = []; this.floor = null; }
    if (this.rows.length && this.rows[0].center !== row.center) { this.view = null; this.average = null; this.peak = null; }
    this.rows.unshift(row);
    if (this.rows.length > KEPT) this.rows.pop();
    this.measure(row);
    this.paintRow(row);
    const oldest = this.rows[this.rows.length - 1].first;
    if (this.boxes.length > 400 || this.boxes[0]?.end < oldest) this.forget(oldest);
    this.draw();
  }

  know(one) { this.known.set(one.id, { label: one.event.label, family: one.event.family }); }

  forget(oldest) {
    this.boxes = this.boxes.filter((b) => b.end >= oldest).slice(-400);
    const ids = new Set(this.boxes.map((b) => b.id));
    for (const id of this.known.keys()) if (!ids.has(id) && !this.emissions.has(id)) this.known.delete(id);
  }

  /// Smooth spectrum, its peaks, and the floor from which colors count.
  measure(row) {
    const n = row.bytes.length;
    if (!this.average || this.average.length !== n) {
      this.average = Float32Array.from(row.bytes);
      this.peak = Float32Array.from(row.bytes);
    }
    for (let i = 0; i < n; ++i) {
      this.average[i] += 0.2 * (row.bytes[i] - this.average[i]);
      this.peak[i] = Math.max(row.bytes[i], this.peak[i] - 0.15);
    }
    const sorted = Uint8Array.from(row.bytes).sort(), floor = sorted[Math.floor(0.3 * n)];
    this.floor = this.floor === null ? floor : this.floor + 0.05 * (floor - this.floor);
    this.top = sorted[n - 1];
    this.scale = row;
  }

  colors() {
    const name = theme().isDark ? "dark" : "light";
    if (this.paletteName !== name) { this.palette = palette(PALETTES[name]); this.paletteName = name; }
    return this.palette;
  }

  paintRow(row) {
    const n = row.bytes.length;
    if (this.picture.width !== n || this.picture.height !== KEPT) {
      this.picture.width = n;
      this.picture.height = KEPT;
      this.head = KEPT;
    }
    this.head = (this.head + KEPT - 1) % KEPT;
    row.at = this.head;
    const image = this.paint.createImageData(n, 1), pixels = new Uint32Array(image.data.buffer), colors = this.colors();
    const low = this.floor - 3 / row.step, gain = 255 * row.step / this.contrast;
    for (let i = 0; i < n; ++i) pixels[i] = colors[Math.max(0, Math.min(255, Math.round((row.bytes[i] - low) * gain)))];
    this.paint.putImageData(image, 0, row.at);
  }

  repaint() {
    const rows = [...this.rows].reverse();
    this.head = KEPT;
    for (const row of rows) this.paintRow(row);
    this.draw();
  }

  setContrast(db) { this.contrast = db; this.repaint(); }

  /// [id, first sample, samples, low Hz, high Hz]; what follows on the last box of its emission is one with it.
  addBox([id, first, count, low, high]) {
    for (let k = this.boxes.length - 1; k >= 0 && k >= this.boxes.length - 60; --k) {
      const last = this.boxes[k];
      if (last.id !== id) continue;
      const width = Math.max(high - low, last.high - last.low);
      if (first - last.end > 0.05 * this.rate() || Math.abs(low - last.low) + Math.abs(high - last.high) > 0.5 * width) break;
      Object.assign(last, { end: first + count, low: Math.min(last.low, low), high: Math.max(last.high, high) });
      return;
    }
    this.boxes.push({ id, first, end: first + count, low, high });
  }

  rate() { return this.rows[0]?.rate ?? 1; }
  band() { const r = this.rows[0]; return r ? [r.center - r.rate / 2, r.center + r.rate / 2] : [0, 1]; }
  range() { return this.view ?? this.band(); }

  setView(low, high) {
    const [first, last] = this.band(), span = Math.min(Math.max(high - low, (last - first) / 400), last - first);
    let start = (low + high - span) / 2;
    start = Math.max(first, Math.min(start, last - span));
    this.view = span > 0.999 * (last - first) ? null : [start, start + span];
    this.draw();
  }

  zoom(factor, at = null) {
    const [low, high] = this.range(), middle = at ?? (low + high) / 2;
    this.setView(middle - (middle - low) * factor, middle + (high - middle) * factor);
  }

  move(part) { const [low, high] = this.range(), by = part * (high - low); this.setView(low + by, high + by); }

  draw() {
    if (this.wanted) return;
    this.wanted = true;
    requestAnimationFrame(() => { this.wanted = false; this.drawWaterfall(); this.drawSpectrum(); this.onDrawn(); });
  }

  /// Pixel row of a sample: rows are one CSS pixel high, the newest on top.
  y(sample) {
    let low = 0, high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle].first <= sample) high = middle; else low = middle + 1;
    }
    if (low === this.rows.length) return low;
    const row = this.rows[low];
    return low + 1 - Math.min(1, (sample - row.first) / Math.max(1, row.last - row.first));
  }

  drawWaterfall() {
    const { g, width, height } = fit(this.waterfall), [low, high] = this.range(), t = theme();
    const px = (hz) => (hz - low) / (high - low) * width;
    g.fillStyle = t.back;
    g.fillRect(0, 0, width, height);
    g.imageSmoothingEnabled = true;
    const shown = Math.min(this.rows.length, height);
    for (let k = 0; k < shown;) { // runs of rows that lie together in the picture and have one frequency axis
      const row = this.rows[k];
      let n = 1;
      while (k + n < shown && this.rows[k + n].at === row.at + n && this.rows[k + n].center === row.center) ++n;
      const x0 = px(row.center - row.rate / 2), x1 = px(row.center + row.rate / 2);
      g.drawImage(this.picture, 0, row.at, row.bytes.length, n, x0, k, x1 - x0, n);
      k += n;
    }
    this.drawTimes(g, t, height);
    this.drawBoxes(g, px, width, height);
  }

  drawTimes(g, t, height) {
    g.font = `11px ${t.font}`;
    g.textBaseline = "middle";
    for (let y = 60; y < Math.min(this.rows.length, height) - 6; y += 60) {
      const text = `−${(this.rows[0].time / 1e3 - this.rows[y].time / 1e3).toFixed(0)} s`;
      g.fillStyle = t.isDark ? "#0008" : "#fffb";
      g.fillRect(2, y - 8, g.measureText(text).width + 6, 16);
      g.fillStyle = t.isDark ? "#fffc" : "#000b";
      g.fillText(text, 5, y);
    }
  }

  drawBoxes(g, px, width, height) {
    const tags = new Map();
    for (const box of this.boxes) {
      const top = this.y(box.end), bottom = this.y(box.first), x0 = px(box.low), x1 = px(box.high);
      if (top > height || bottom < 0 || x1 < 0 || x0 > width) continue;
      const one = this.known.get(box.id), { color, dash } = style(one?.family ?? "unknown");
      const x = Math.min(x0, (x0 + x1) / 2 - 2), w = Math.max(x1 - x0, 4), h = Math.max(3, bottom - top), isChosen = box.id === this.chosen;
      g.setLineDash([]);
      g.lineWidth = isChosen ? 4.5 : 3;
      g.strokeStyle = theme().isDark ? "#000a" : "#0007";
      g.strokeRect(x, top, w, h);
      g.setLineDash(dash);
      g.lineWidth = isChosen ? 2.5 : 1.4;
      g.strokeStyle = color;
      g.strokeRect(x, top, w, h);
      if (one) tags.set(box.id, { x: x + w / 2, y: Math.max(0, top), color, text: one.label, isChosen });
    }
    g.setLineDash([]);
    const placed = [];
    for (const tag of [...tags.values()].sort((a, b) => b.isChosen - a.isChosen || a.y - b.y)) this.drawTag(g, tag, width, placed);
  }

  drawTag(g, { x, y, text, color, isChosen }, width, placed) {
    g.font = `${isChosen ? "bold " : ""}12px ${theme().font}`;
    const w = g.measureText(text).width + 10, left = Math.max(1, Math.min(x - w / 2, width - w - 1)), top = y < 20 ? y + 3 : y - 19;
    if (placed.some((p) => left < p.left + p.w && p.left < left + w && Math.abs(p.top - top) < 18)) return;
    placed.push({ left, top, w });
    g.fillStyle = "#0a0f16e0";
    g.beginPath(); g.roundRect(left, top, w, 17, 4); g.fill();
    g.fillStyle = color;
    g.fillRect(left, top + 2, 3, 13);
    g.fillStyle = "#ffffff";
    g.textAlign = "left";
    g.textBaseline = "middle";
    g.fillText(text, left + 6, top + 9);
  }

  drawSpectrum() {
    const { g, width, height } = fit(this.spectrum), t = theme(), bottom = 20;
    if (!this.average) return;
    const [low, high] = this.range(), [first, last] = this.band(), n = this.average.length, { low: db0, step } = this.scale;
    const px = (hz) => (hz - low) / (high - low) * width, dbOf = (b) => db0 + step * b;
    const top = Math.max(...this.peak), want = [dbOf(this.floor) - 8, Math.max(dbOf(top) + 8, dbOf(this.floor) + 25)];
    this.limits = this.limits?.map((v, i) => v + 0.15 * (want[i] - v)) ?? want;
    const py = (db) => (height - bottom) * (1 - (db - this.limits[0]) / (this.limits[1] - this.limits[0]));
    g.lineWidth = 1;
    g.strokeStyle = t.line;
    const levels = ticks(...this.limits, 4).list;
    for (const db of levels) { g.beginPath(); g.moveTo(0, py(db)); g.lineTo(width, py(db)); g.stroke(); }
    this.drawBands(g, px, width, height - bottom);
    const curve = (values) => {
      g.beginPath();
      for (let x = 0; x <= width; x += 0.75) {
        const from = (low + (high - low) * x / width - first) / (last - first) * n, to = from + (high - low) / (last - first) * n * 0.75 / width;
        let value = -1;
        for (let i = Math.max(0, Math.floor(from)); i <= Math.min(n - 1, Math.floor(to)); ++i) value = Math.max(value, values[i]);
        if (value >= 0) g.lineTo(x, py(dbOf(value)));
      }
      g.stroke();
    };
    g.strokeStyle = t.traceDim;
    curve(this.peak);
    g.strokeStyle = t.trace;
    g.lineWidth = 1.3;
    curve(this.average);
    g.font = `11px ${t.font}`;
    g.textBaseline = "middle";
    for (const db of levels.filter((v) => py(v) > 8)) {
      g.fillStyle = t.panel;
      g.fillRect(0, py(db) - 8, g.measureText(`${db} dBFS`).width + 8, 15);
      g.fillStyle = t.dim;
      g.fillText(`${db} dBFS`, 4, py(db));
    }
    const { list, step: between } = ticks(low, high, width / 110);
    g.fillStyle = t.dim;
    g.textAlign = "center";
    for (const hz of list.filter((hz) => px(hz) < width - 50))
      g.fillText((hz / 1e6).toFixed(Math.max(0, Math.min(6, -Math.floor(Math.log10(between / 1e6))))), Math.max(18, px(hz)), height - 8);
    g.textAlign = "right";
    g.fillText("MHz", width - 4, height - 8);
  }

  drawBands(g, px, width, height) {
    for (const one of this.emissions.values()) {
      const { color, dash } = style(one.event.family), half = one.event.bandwidth_hz / 2;
      const x0 = px(one.event.center_freq_hz - half), x1 = Math.max(px(one.event.center_freq_hz + half), x0 + 2);
      if (x1 < 0 || x0 > width) continue;
      g.globalAlpha = one.is_on ? (one.id === this.chosen ? 0.45 : 0.22) : 0.08;
      g.fillStyle = color;
      g.fillRect(x0, 0, x1 - x0, height);
      g.globalAlpha = one.is_on ? 1 : 0.4;
      g.strokeStyle = color;
      g.lineWidth = 3;
      g.setLineDash(dash);
      g.beginPath(); g.moveTo(x0, 2); g.lineTo(x1, 2); g.stroke();
      g.setLineDash([]);
      g.globalAlpha = 1;
    }
  }

  /// The emission at a place: that of the smallest box there, else one whose band it is in.
  find(canvas, x, y) {
    const [low, high] = this.range(), hz = low + (high - low) * x / canvas.clientWidth, near = 5 * (high - low) / canvas.clientWidth;
    const fits = (a, b) => hz >= a - near && hz <= b + near;
    const hit = canvas === this.waterfall
      ? this.boxes.filter((b) => fits(b.low, b.high) && y >= this.y(b.end) - 4 && y <= this.y(b.first) + 4) : [];
    if (hit.length) return hit.reduce((a, b) => (b.high - b.low < a.high - a.low ? b : a)).id;
    const bands = [...this.emissions.values()].filter(({ event: e }) => fits(e.center_freq_hz - e.bandwidth_hz / 2, e.center_freq_hz + e.bandwidth_hz / 2));
    return bands.length ? bands.reduce((a, b) => (b.event.bandwidth_hz < a.event.bandwidth_hz ? b : a)).id : null;
  }

  listen(canvas) {
    const at = (e) => { const box = canvas.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
    const hzAt = (x) => { const [low, high] = this.range(); return low + (high - low) * x / canvas.clientWidth; };
    canvas.addEventListener("wheel", (e) => {
      e.preventDefault();
      this.zoom(e.deltaY > 0 ? 1.25 : 0.8, hzAt(at(e)[0]));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (e) => {
      canvas.setPointerCapture(e.pointerId);
      this.pointers.set(e.pointerId, at(e)[0]);
      this.dragged = this.pointers.size > 1;
    });
    canvas.addEventListener("pointermove", (e) => {
      const [x] = at(e), before = this.pointers.get(e.pointerId);
      if (before === undefined) return this.tell(hzAt(x));
      if (this.pointers.size === 2) {
        const other = [...this.pointers].find(([id]) => id !== e.pointerId)[1];
        this.zoom(Math.abs(before - other) / Math.max(8, Math.abs(x - other)), hzAt((x + other) / 2));
      } else if (Math.abs(x - before) > 3 || this.dragged) {
        this.dragged = true;
        this.move((before - x) / canvas.clientWidth);
      } else return;
      this.pointers.set(e.pointerId, x);
    });
    const end = (e) => {
      const wasDown = this.pointers.delete(e.pointerId);
      if (wasDown && e.type === "pointerup" && !this.dragged) this.onPick(this.find(canvas, ...at(e)));
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("dblclick", () => { this.view = null; this.draw(); });
    canvas.addEventListener("pointerleave", () => { this.readout.textContent = ""; });
  }

  tell(hz) {
    if (!this.average) return;
    const [first, last] = this.band(), i = Math.floor((hz - first) / (last - first) * this.average.length);
    if (i >= 0 && i < this.average.length)
      this.readout.textContent = `${(hz / 1e6).toFixed(5)} MHz  ${(this.scale.low + this.scale.step * this.average[i]).toFixed(0)} dBFS`;
  }
}
