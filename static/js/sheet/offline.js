/* The sheet without network: the worker that stores it, copies of the last days, the words on a stored copy, and what
   stood when the network went away (letters only, beside the copies, so that it goes with them). */

import { CACHE } from "../stored.js";

const FRESH_MS = 3 * 60 * 60 * 1000;
const PAUSE_MS = 500;
const FETCHED = "/offline/fetched/";
const page = location.pathname;

/** When this page was stored, if it came from the browser's store; else 0. */
export const storedAt = Number(document.documentElement.dataset.storedAt || 0);

export function clock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString("ru-RU", { hour: "2-digit", minute: "2-digit" });
}

// The page is at rest, and the school's server gets half a second for others between two copies.
async function idle() {
  await new Promise((go) => setTimeout(go, PAUSE_MS));
  if ("requestIdleCallback" in window) await new Promise((go) => requestIdleCallback(go, { timeout: 5000 }));
}

/** Has the worker store this sheet and those of the last days, one after another and only in idle time. */
export async function keepCopies(url) {
  if (!navigator.serviceWorker || !window.caches || storedAt) return;
  try {
    await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) await new Promise((go) => navigator.serviceWorker.addEventListener("controllerchange", go, { once: true }));
    await fetchCopies(url);
  } catch {
    // Without network or worker there is nothing to store today; the sheet itself works.
  }
  document.documentElement.dataset.copies = "done";
}

async function fetchCopies(url) {
  const cache = await caches.open(CACHE);
  const last = await cache.match(FETCHED);
  // Asking for the list is a look at the sheets in the audit trail: not at every page.
  if (last && Date.now() - Number(await last.text()) < FRESH_MS && (await cache.match(page))) return;
  await idle();
  const answer = await fetch(url, { headers: { Accept: "application/json", "X-Background": "1" }, redirect: "error" });
  if (!answer.ok) return;
  const { copies } = await answer.json();
  for (const copy of copies) {
    await idle();
    const stored = await fetch(`${copy.page}?copy=${encodeURIComponent(copy.token)}`, { headers: { "X-Background": "1" }, redirect: "error" });
    if (!stored.ok) return;
    await stored.text();
  }
  if (copies.length) await (await caches.open(CACHE)).put(FETCHED, new Response(String(Date.now())));
}

/** Remembers the letters of this sheet beside its copy. */
export async function keepLetters(rows) {
  if (!window.caches || !(await caches.has(CACHE))) return;
  const cache = await caches.open(CACHE);
  if (!(await cache.match(page))) return;
  const letters = [];
  for (const row of rows.values()) {
    for (const [place, { reason, minutes, confirmed }] of row.places) letters.push([row.id, place, minutes ? `${reason}-${minutes}` : reason, confirmed]);
  }
  await cache.put(`${page}letters/`, new Response(JSON.stringify({ at: Date.now(), letters })));
}

/** On a stored copy: the letters that were known later than the copy was made. */
export async function recallLetters(rows) {
  if (!storedAt || !window.caches) return;
  const kept = await (await caches.open(CACHE)).match(`${page}letters/`);
  const { at, letters } = kept ? await kept.json() : { at: 0, letters: [] };
  if (at < storedAt) return;
  for (const row of rows.values()) row.places.clear();
  for (const [id, place, wire, confirmed] of letters) rows.get(id)?.put(place, wire, confirmed);
  for (const row of rows.values()) row.paint();
}

/** Says on a stored copy that it is one; when the network is back, that the letters are of now. */
export function showStored(isOnline) {
  const box = document.getElementById("stored");
  if (!storedAt || !box) return;
  document.getElementById("messages")?.replaceChildren(); // of the time when it was stored
  const words = document.createElement("p");
  words.textContent = isOnline
    ? `Связь есть, отметки обновлены. Список класса — из копии ${clock(storedAt)}.`
    : `Нет связи со школой. Это сохранённая копия ${clock(storedAt)}: отмечайте как обычно, нажатия подождут и отправятся сами.`;
  box.replaceChildren(words);
  if (isOnline) {
    const again = document.createElement("a");
    again.className = "btn btn-plain btn-sm";
    again.href = page;
    again.textContent = "Открыть заново";
    box.append(again);
  }
  box.hidden = false;
}
