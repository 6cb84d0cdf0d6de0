// SPDX-License-Identifier: GPL-3.0-or-later
// What the receiver's page and the hub's have in common: elements, numbers as people read and write them, and the program that is asked.

export const $ = (id) => document.getElementById(id);

export function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

const UNITS = [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]];

export function si(value, unit, digits = 3) {
  if (value === null || value === undefined || !isFinite(value)) return "–";
  const [scale, prefix] = UNITS.find(([s]) => Math.abs(value) >= s) ?? [1, ""];
  return `${Number((value / scale).toPrecision(digits))} ${prefix}${unit}`;
}

/// A little below zero is 0, not -0.
export function megahertz(hz, decimals = 4) { return `${(hz / 1e6).toFixed(decimals).replace(/^-(?=[0.]+$)/, "")} MHz`; }

export const shortTime = (time) => time?.slice(0, 19).replace("T", " ") ?? "–";

/// "433.92M", "-3", "": a number, null for nothing; undefined for anything else.
export function quantity(text) {
  const match = /^\s*(-?[0-9]*\.?[0-9]+(?:e[0-9]+)?)\s*([kMG]?)(?:Hz|dB)?\s*$/i.exec(text);
  if (!text.trim()) return null;
  return match ? Number(match[1]) * { "": 1, k: 1e3, m: 1e6, g: 1e9 }[match[2].toLowerCase()] : undefined;
}

/// The program behind the page, `name` for persons. The token that it wants stays in this tab of the browser.
export class Server {
  constructor(name) {
    this.name = name;
    this.token = sessionStorage.getItem("token") ?? "";
  }

  keep(token) {
    this.token = token.trim();
    sessionStorage.setItem("token", this.token);
  }

  headers() { return this.token ? { Authorization: `Bearer ${this.token}` } : {}; }
  fetch(path) { return fetch(path, { headers: this.headers() }); }

  /// What it says to a change. `body`: of JSON, or a file.
  async post(path, body, isFile = false) {
    try {
      const answer = await fetch(`/api/v1/${path}`, { method: "POST", body: isFile ? body : JSON.stringify(body ?? {}),
        headers: { ...this.headers(), "Content-Type": isFile ? "application/octet-stream" : "application/json" } });
      const text = await answer.text();
      let said = text.trim();
      try { const json = JSON.parse(text); said = json.error ?? json.done ?? said; } catch { /* plain text */ }
      return { ok: answer.ok, said };
    } catch { return { ok: false, said: `the ${this.name} does not answer.` }; }
  }
}
