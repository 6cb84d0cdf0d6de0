// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings of emissions, and what a person says of them: one key labels one.
import { $, element, megahertz, shortTime, si } from "./basics.js";

export class Snippets {
  constructor(control) {
    this.control = control;
    this.all = [];
    this.chosen = null; // name
    $("snippet-author").value = sessionStorage.getItem("author") ?? "";
    $("snippet-author").onchange = () => sessionStorage.setItem("author", $("snippet-author").value.trim());
    $("snippet-all").onchange = () => this.list();
    $("snippets").addEventListener("keydown", (e) => this.key(e));
    $("snippets").addEventListener("click", (e) => { const name = e.target.closest("li")?.dataset.name; if (name) this.choose(name, !e.target.closest("button, form")); });
  }

  async load() {
    const answer = await this.control.fetch("/api/v1/snippets?limit=500").catch(() => null);
    if (!answer) return;
    const json = await answer.json().catch(() => ({}));
    $("no-snippets").textContent = !answer.ok ? json.error ?? "" : json.is_kept ? "Nothing waits for a label." : "This receiver was started without --snippets: nothing is kept.";
    this.all = answer.ok ? json.snippets : [];
    $("snippet-total").textContent = answer.ok ? `${json.total} in all` : "";
    if (answer.ok) $("snippet-classes").replaceChildren(...json.classes.map((name) => new Option(name)));
    if (!document.activeElement?.closest("#snippets form")) this.list(); // a name is being typed
  }

  /// What teaches most comes first; what a person has labeled goes.
  shown() {
    return this.all.filter((one) => $("snippet-all").checked || one.author === null)
      .sort((a, b) => (b.teaching?.score ?? 0) - (a.teaching?.score ?? 0) || (a.name < b.name ? 1 : -1));
  }

  list() {
    const shown = this.shown(), hadFocus = Boolean(document.activeElement?.closest("#snippets"));
    if (!shown.some((one) => one.name === this.chosen)) this.chosen = shown[0]?.name ?? null;
    $("snippets").replaceChildren(...shown.map((one) => this.row(one)));
    $("no-snippets").hidden = shown.length > 0;
    if (hadFocus) this.focus();
  }

  focus() { $("snippets").querySelector("li.chosen")?.focus(); }

  candidates(one) { return (one.event?.top ?? []).filter(([label]) => label !== "unknown").slice(0, 3); }

  row(one) {
    const li = document.createElement("li"), event = one.event;
    li.dataset.name = one.name;
    li.tabIndex = one.name === this.chosen ? 0 : -1;
    li.className = one.name === this.chosen ? "chosen" : "";
    li.append(element("span", event ? megahertz(event.center_freq_hz) + " " : one.name + " "), element("span", one.label, "label"));
    const facts = event ? [shortTime(event.time), si(event.bandwidth_hz, "Hz"), one.text] : [one.text];
    li.append(element("small", facts.filter(Boolean).join(" · ")));
    if (one.author !== null) li.append(element("small", `labeled by ${one.author} at ${shortTime(one.time)}; the receiver said ${one.receiver_label}`));
    else if (one.teaching) li.append(element("small", `asked for: score ${one.teaching.score.toFixed(2)}, disagreement ${one.teaching.disagreement.toFixed(2)}, doubt ${one.teaching.doubt.toFixed(2)}, novelty ${one.teaching.novelty.toFixed(2)}`));
    if (event?.candidates.length > 1) li.append(element("small", `may be ${event.candidates.map((c) => c.system).join(", ")}`));
    if (one.name === this.chosen) li.append(...this.choices(one));
    return li;
  }

  choices(one) {
    const box = element("div", "", "choices");
    const add = (text, act) => { const button = element("button", text); button.type = "button"; button.onclick = act; box.append(button); };
    this.candidates(one).forEach(([label, p], i) => add(`${i + 1} ${label} ${Math.round(100 * p)} %`, () => this.label(one, label)));
    add("U unknown", () => this.label(one, "unknown"));
    add("N none of these", () => this.name());
    if (one.author !== null) add("⌫ the receiver's", () => this.label(one, ""));
    const form = document.createElement("form"), input = document.createElement("input");
    form.hidden = true;
    input.setAttribute("list", "snippet-classes");
    input.setAttribute("aria-label", "Name of the class");
    input.placeholder = "class, or a new name";
    input.maxLength = 24;
    form.append(input, element("button", "Label"));
    form.onsubmit = (e) => { e.preventDefault(); if (input.value.trim()) this.label(one, input.value.trim()); };
    return [box, form];
  }

  name() {
    const form = $("snippets").querySelector("li.chosen form");
    form.hidden = false;
    form.firstChild.focus();
  }

  choose(name, takesFocus) {
    if (name !== this.chosen) { this.chosen = name; this.list(); }
    if (takesFocus) this.focus();
  }

  key(e) {
    if (e.target.closest("form")) {
      if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); this.list(); this.focus(); }
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const shown = this.shown(), at = shown.findIndex((one) => one.name === this.chosen), one = shown[at];
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key], candidate = one && this.candidates(one)[Number(e.key) - 1];
    if (step && shown.length) this.choose(shown[Math.max(0, Math.min(shown.length - 1, at + step))].name, true);
    else if (candidate) this.label(one, candidate[0]);
    else if (one && e.key.toLowerCase() === "u") this.label(one, "unknown");
    else if (one && e.key.toLowerCase() === "n") this.name();
    else if (one && e.key === "Backspace") this.label(one, "");
    else return;
    e.preventDefault();
  }

  async label(one, label) {
    const author = $("snippet-author").value.trim(), shown = this.shown(), at = shown.findIndex((s) => s.name === one.name);
    const body = { snippet: one.name, label, ...(author && { author }) };
    const done = await this.control.post("label", body);
    $("snippet-answer").textContent = done.ok ? `${label || one.receiver_label}: ${one.name}` : `Not labeled: ${done.said}`;
    $("snippet-answer").classList.toggle("bad", !done.ok);
    if (!done.ok) return;
    this.chosen = (shown[at + 1] ?? shown[at - 1])?.name ?? null;
    document.activeElement?.blur();
    await this.load();
    this.focus();
  }
}
