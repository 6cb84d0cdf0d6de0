// SPDX-License-Identifier: GPL-3.0-or-later
// The page: what comes over the stream, and what a person asks for.
import { parseRow, Waterfall } from "./waterfall.js";
import * as plots from "./plots.js";
import { $ } from "./basics.js";
import { Control } from "./control.js";
import { Snippets } from "./snippets.js";

const waterfall = new Waterfall($("waterfall"), $("spectrum"), $("readout"));
const emissions = waterfall.emissions; // by id, those on the air
let status = null, run = 0, now = Date.now(), chosen = null, shownPicture = null;

const control = new Control(() => connect());
const snippets = new Snippets(control);

// ---- The stream

let socket = null, pause = 500, hiddenSince = null, undrawn = 0;

// The receiver sends no more rows than are drawn.
function acknowledge() { for (; undrawn > 0; --undrawn) if (socket?.readyState === WebSocket.OPEN) socket.send("drawn"); }

async function connect() {
  clearTimeout(connect.timer);
  const attempt = connect.attempt = {};
  socket?.close();
  try {
    const answer = await control.fetch("/api/v1/status");
    if (answer.status === 401) return link("lost", "A token is needed: see Receiver"), select("receiver"), $("token").focus();
    if (!answer.ok) throw new Error();
  } catch { return connect.attempt === attempt && retry(); }
  if (connect.attempt !== attempt) return; // another one has begun meanwhile
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const own = new WebSocket(`${scheme}//${location.host}/api/v1/stream`, control.protocols());
  socket = own;
  undrawn = 0;
  own.binaryType = "arraybuffer";
  own.onmessage = ({ data }) => {
    if (socket !== own) return;
    if (typeof data === "string") receive(JSON.parse(data));
    else {
      const row = parseRow(data);
      ++undrawn;
      if (row) { now = Math.max(now, row.time); waterfall.addRow(row); }
      if (waterfall.paused) acknowledge();
    }
  };
  own.onclose = () => { if (socket === own) { socket = null; if (hiddenSince === null) retry(); } };
}

function retry() {
  link("lost", "Connection lost, trying again");
  connect.timer = setTimeout(connect, pause * (0.75 + Math.random() / 2));
  pause = Math.min(5000, 1.6 * pause);
}

function link(state, text) { $("link").dataset.state = state; if ($("link").textContent !== text) $("link").textContent = text; }

// Nobody looks: nothing needs to travel.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    hiddenSince = setTimeout(() => { socket?.close(); socket = null; }, 30_000);
  } else {
    clearTimeout(hiddenSince);
    hiddenSince = null;
    if (!socket) connect();
  }
});

function receive(message) {
  if (message.type === "welcome") {
    pause = 500;
    emissions.clear();
    if (run !== message.run) waterfall.clear();
    run = message.run;
    now = message.status.source.live ? Date.parse(message.status.time) : 0;
    for (const one of message.emissions) take(one);
    setStatus(message.status);
  } else if (message.type === "update") {
    if (run !== message.run) { run = message.run; emissions.clear(); now = 0; }
    for (const one of message.emissions) take(one);
    for (const id of message.ended) emissions.delete(id);
    for (const box of message.boxes) waterfall.addBox(box);
    if (message.ended.length && !$("panel-history").hidden) historyIsOld = true;
    if (message.emissions.some((one) => one.id === chosen)) loadDetail();
  } else if (message.type === "status") {
    setStatus(message.status);
  }
  listEmissions();
}

function take(one) {
  emissions.set(one.id, one);
  waterfall.know(one);
  now = Math.max(now, Date.parse(one.last_seen));
}

function setStatus(next) {
  status = next;
  const { source, counts } = status;
  link("open", source.live ? "Live" : "Playing");
  $("fact-source").textContent = source.name;
  $("fact-source").title = source.name;
  $("fact-center").textContent = plots.megahertz(source.center_freq_hz);
  $("fact-rate").textContent = plots.si(source.sample_rate_hz, "S/s", 4);
  $("fact-model").textContent = status.model;
  const lost = source.overflows + counts.dropped_frames;
  $("fact-lost").textContent = lost ? `${source.overflows} overflows, ${counts.dropped_frames} frames` : "nothing";
  const drift = status.drift;
  $("fact-drift").textContent = !drift ? "not watched" : drift.is_drifting ? "yes" : drift.reference === "learning" ? "learning" : "none";
  $("fact-drift").classList.toggle("bad", Boolean(drift?.is_drifting));
  document.title = `${emissions.size} on the air – prunedamr`;
  control.show(status);
}

// ---- The tables

function cell(row, ...content) {
  const td = row.insertCell();
  td.append(...content.filter((c) => c !== null));
  return td;
}

function small(text) { const s = document.createElement("small"); s.textContent = text; return s; }

function fill(row, one, isEnded) {
  const { event } = one, open = document.createElement("button"), label = document.createElement("span"), meter = document.createElement("span");
  row.dataset.id = one.id;
  row.className = (one.id === chosen ? "chosen " : "") + (one.is_on || isEnded ? "" : "off");
  open.className = "open";
  open.type = "button";
  open.append(plots.swatch(event.family), plots.megahertz(event.center_freq_hz));
  label.className = "label";
  label.textContent = event.label;
  meter.className = "meter";
  const bar = document.createElement("i");
  bar.style.width = `${Math.round(100 * event.confidence)}%`;
  meter.append(bar);
  meter.title = `confidence ${event.confidence.toFixed(2)}`;
  row.replaceChildren();
  const snr = event.snr_db === null ? "" : ` · ${event.snr_db.toFixed(0)} dB`;
  cell(row, open, small(plots.si(event.bandwidth_hz, "Hz") + snr)).title = "bandwidth and signal-to-noise ratio";
  cell(row, label, small(`${Math.round(100 * event.confidence)} %`), meter);
  cell(row, one.text || "–", event.candidates.length ? small(event.candidates[0].system + (event.candidates.length > 1 ? ` or ${event.candidates.length - 1} more` : "")) : null);
  if (isEnded) {
    cell(row, plots.duration(one.on_s), small(one.bursts > 1 ? `${one.bursts} bursts` : "")).className = "number";
    cell(row, one.last_seen.slice(11, 19), small(one.last_seen.startsWith("1970") ? "" : one.last_seen.slice(0, 10))).className = "number";
  } else {
    cell(row, plots.duration((now - Date.parse(one.first_seen)) / 1e3), small(one.bursts > 1 ? `${one.bursts} bursts` : "")).className = "number";
  }
}

/// Rows stay the same elements, so that whoever stands on one by keyboard stays there.
function listEmissions() {
  if (listEmissions.waits) return;
  listEmissions.waits = setTimeout(() => {
    listEmissions.waits = null;
    const body = $("emissions").tBodies[0], all = [...emissions.values()].sort((a, b) => a.event.center_freq_hz - b.event.center_freq_hz);
    const focused = document.activeElement?.closest?.("#emissions tr")?.dataset.id;
    const old = new Map([...body.rows].map((row) => [Number(row.dataset.id), row]));
    const rows = all.map((one) => { const row = old.get(one.id) ?? document.createElement("tr"); fill(row, one, false); return row; });
    body.replaceChildren(...rows);
    if (focused) body.querySelector(`tr[data-id="${focused}"] button`)?.focus();
    $("count").textContent = all.length;
    $("nothing").hidden = all.length > 0;
    $("emissions").hidden = all.length === 0;
    waterfall.draw();
  }, 200);
}

let ended = [];
let historyIsOld = false; // more has ended since it was loaded
async function loadHistory() {
  historyIsOld = false;
  const answer = await control.fetch("/api/v1/history?limit=500").catch(() => null);
  if (!answer?.ok) return;
  const history = await answer.json();
  ended = history.emissions;
  $("history-total").textContent = `${history.total} have ended`;
  listHistory();
}

function listHistory() {
  const wanted = $("history-filter").value.trim().toLowerCase();
  const shown = ended.filter(({ event: e, text }) => `${e.label} ${e.family} ${plots.megahertz(e.center_freq_hz)} ${text} ${e.candidates.map((c) => c.system)}`.toLowerCase().includes(wanted));
  $("history").tBodies[0].replaceChildren(...shown.slice(0, 300).map((one) => { const row = document.createElement("tr"); fill(row, one, true); return row; }));
}

async function loadOccupancy() {
  const answer = await control.fetch("/api/v1/occupancy").catch(() => null);
  if (!answer?.ok || $("panel-occupancy").hidden) return;
  const { minutes } = await answer.json();
  plots.occupancy($("occupancy"), minutes);
  const last = minutes.slice(-60), latest = last[last.length - 1], sums = [];
  for (const minute of last) if (minute.low_hz === latest.low_hz) minute.busy.forEach((share, i) => { sums[i] = (sums[i] ?? 0) + share / last.length; });
  const best = sums.map((share, i) => ({ share, hz: latest.low_hz + (i + 0.5) * (latest.high_hz - latest.low_hz) / sums.length }))
    .filter((b) => b.share > 0.001).sort((a, b) => b.share - a.share).slice(0, 8);
  $("busiest").replaceChildren(...best.map((b) => { const li = document.createElement("li"); li.textContent = `${plots.megahertz(b.hz, 3)}: ${(100 * b.share).toFixed(1)} % of the time`; return li; }));
}

// ---- The evidence of one emission

async function choose(id) {
  chosen = waterfall.chosen = id;
  listEmissions();
  waterfall.draw();
  for (const row of document.querySelectorAll("tr[data-id]")) row.classList.toggle("chosen", Number(row.dataset.id) === id);
  $("detail").hidden = id === null;
  if (id === null) return;
  await loadDetail();
  $("detail").scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

async function loadDetail() {
  if (loadDetail.busy || chosen === null) return;
  loadDetail.busy = true;
  try {
    const id = chosen, answer = await control.fetch(`/api/v1/evidence?id=${id}`);
    if (answer.ok && id === chosen) { shownPicture = await answer.json(); showDetail(); }
  } catch { /* the stream says that the connection is lost */ } finally { loadDetail.busy = false; }
}

function tableRow(...texts) {
  const row = document.createElement("tr");
  texts.forEach((text, i) => { cell(row, text).className = i && typeof text === "string" ? "number" : ""; });
  return row;
}

function number(value, error) {
  const digits = Number.isFinite(error) && error > 0 ? Math.max(2, Math.min(9, Math.ceil(Math.log10(Math.abs(value) / error)) + 1)) : 5;
  return Number(value.toPrecision(digits)).toLocaleString("en-US", { maximumFractionDigits: 6 });
}

function showDetail() {
  const { emission: one, picture } = shownPicture, { event } = one;
  $("detail-title").replaceChildren(plots.swatch(event.family), `${event.label} at ${plots.megahertz(event.center_freq_hz, 5)}`);
  $("detail-line").textContent = [`confidence ${event.confidence.toFixed(2)}`, `${plots.si(event.bandwidth_hz, "Hz")} wide`,
    event.snr_db === null ? "" : `${event.snr_db.toFixed(1)} dB SNR`, `${event.power_dbfs?.toFixed(1)} dBFS`, event.note,
    `first ${one.first_seen.slice(11, 19)} UTC`, `${one.events} decisions`, one.bursts > 1 ? `${one.bursts} bursts` : ""].filter(Boolean).join(" · ");
  const isFsk = picture?.method === "fsk";
  $("caption-symbols").textContent = isFsk ? "Phase advance per symbol" : "Constellation";
  if (isFsk && picture.symbols.length) plots.advances($("plot-symbols"), picture.symbols);
  else plots.constellation($("plot-symbols"), picture?.symbols);
  plots.spectrum($("plot-spectrum"), picture, event);
  $("caption-discriminator").textContent = `Discriminator, ${plots.discriminator($("plot-discriminator"), picture, event)}`;
  plots.envelope($("plot-envelope"), picture);
  $("plot-symbols").dataset.points = picture?.symbols.length ?? 0;
  const alternatives = event.top.map(([label, p]) => {
    const meter = document.createElement("span"), bar = document.createElement("i");
    meter.className = "meter";
    bar.style.width = `${Math.round(100 * p)}%`;
    meter.append(bar);
    return tableRow(label, meter, p < 0.001 && p > 0 ? "< 0.001" : p.toFixed(3));
  });
  const alphabets = picture?.alphabets ?? [];
  if (alphabets.length > 1)
    alternatives.push(...alphabets.slice(1, 4).map(([name, l]) => tableRow(`${alphabets[0][0]} over ${name}`, `ln odds ${(alphabets[0][1] - l).toFixed(1)}`)));
  $("alternatives").tBodies[0].replaceChildren(...alternatives);
  $("measured").tBodies[0].replaceChildren(...Object.entries(event.measured).map(([name, value]) => {
    const error = event.measured_error[name], row = tableRow(name.replaceAll("_", " "), number(value, error));
    if (error > 0) row.cells[1].append(small(`± ${Number(error.toPrecision(2)).toLocaleString("en-US", { maximumFractionDigits: 6 })}`));
    return row;
  }));
  if (!Object.keys(event.measured).length) $("measured").tBodies[0].append(tableRow("nothing"));
  $("candidates").replaceChildren(...event.candidates.map((c) => {
    const li = document.createElement("li");
    li.append(c.system, small([c.fits.length ? `fits: ${c.fits.join(", ")}` : "", c.not.length ? `does not: ${c.not.join(", ")}` : ""].filter(Boolean).join("; ")));
    return li;
  }));
  $("candidates").parentElement.hidden = !event.candidates.length;
  $("detail-tune").hidden = !(status?.control.can_tune && status.control.may_change);
}

$("detail-close").onclick = () => { const id = chosen; choose(null); document.querySelector(`tr[data-id="${id}"] button`)?.focus(); };
$("detail-zoom").onclick = () => { const e = shownPicture.emission.event; waterfall.setView(e.center_freq_hz - 2 * e.bandwidth_hz, e.center_freq_hz + 2 * e.bandwidth_hz); };
$("detail-tune").onclick = () => control.change("tune", { center_freq_hz: shownPicture.emission.event.center_freq_hz });
for (const id of ["emissions", "history"])
  $(id).addEventListener("click", (e) => { const row = e.target.closest("tr[data-id]"); if (row) choose(Number(row.dataset.id)); });
$("history-filter").oninput = listHistory;
waterfall.onPick = choose;
waterfall.onDrawn = acknowledge;

// ---- Tabs, tools, keys

const TABS = ["now", "history", "occupancy", "snippets", "receiver"];
function select(name) {
  for (const tab of TABS) {
    $(`tab-${tab}`).setAttribute("aria-selected", tab === name);
    $(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
    $(`panel-${tab}`).hidden = tab !== name;
  }
  if (name === "history") loadHistory();
  if (name === "occupancy") loadOccupancy();
  if (name === "snippets") snippets.load();
}
for (const tab of TABS) $(`tab-${tab}`).onclick = () => select(tab);
$("tabs").addEventListener("keydown", (e) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (!step) return;
  const next = TABS[(TABS.findIndex((t) => !$(`panel-${t}`).hidden) + step + TABS.length) % TABS.length];
  select(next);
  $(`tab-${next}`).focus();
});
setInterval(() => { if (!$("panel-occupancy").hidden && !document.hidden) loadOccupancy(); }, 10_000);
setInterval(() => { if (!$("panel-snippets").hidden && !document.hidden) snippets.load(); }, 10_000);
setInterval(() => { if (historyIsOld) loadHistory(); }, 1000);
setInterval(listEmissions, 1000);

function hold(paused) { waterfall.paused = paused; $("pause").setAttribute("aria-pressed", paused); }
function step(by) {
  const all = [...emissions.values()].sort((a, b) => a.event.center_freq_hz - b.event.center_freq_hz);
  if (all.length) choose(all[(all.findIndex((one) => one.id === chosen) + by + all.length + (chosen === null && by < 0)) % all.length].id);
}
$("zoom-in").onclick = () => waterfall.zoom(0.6);
$("zoom-out").onclick = () => waterfall.zoom(1 / 0.6);
$("zoom-all").onclick = () => { waterfall.view = null; waterfall.draw(); };
$("pause").onclick = () => hold(!waterfall.paused);
$("contrast").oninput = (e) => waterfall.setContrast(Number(e.target.value));
const KEYS = {
  "+": () => waterfall.zoom(0.7), "=": () => waterfall.zoom(0.7), "-": () => waterfall.zoom(1 / 0.7), 0: () => $("zoom-all").click(),
  ArrowLeft: () => waterfall.move(-0.2), ArrowRight: () => waterfall.move(0.2), ArrowUp: () => step(-1), ArrowDown: () => step(1),
  " ": () => hold(!waterfall.paused), Enter: () => { if (chosen !== null) { $("detail").focus(); } },
};
$("waterfall").addEventListener("keydown", (e) => { if (KEYS[e.key] && !e.ctrlKey && !e.metaKey) { e.preventDefault(); KEYS[e.key](); } });
document.addEventListener("keydown", (e) => { if (e.key === "Escape" && chosen !== null) $("detail-close").click(); });
new ResizeObserver(() => { if (chosen !== null && shownPicture) showDetail(); }).observe($("plots"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (chosen !== null && shownPicture) showDetail(); loadOccupancy(); });

connect();
