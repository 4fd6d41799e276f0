/* «Нет сети»: which sheets can be opened all the same. */

import { CACHE } from "./stored.js";

const list = document.getElementById("copies");
const SHEET = /^\/attendance\/classes\/\d+\/(\d{4}-\d\d-\d\d)\/$/;

async function show() {
  if (!window.caches || !(await caches.has(CACHE))) return;
  const cache = await caches.open(CACHE);
  const found = [];
  for (const key of await cache.keys()) {
    const path = new URL(key.url).pathname;
    const day = SHEET.exec(path)?.[1];
    if (!day) continue;
    const copy = await cache.match(key);
    const at = new Date(Number(copy.headers.get("X-Stored-At")));
    found.push({ path, day, title: decodeURIComponent(copy.headers.get("X-Title") || day), at });
  }
  found.sort((one, other) => other.day.localeCompare(one.day) || one.path.localeCompare(other.path));
  for (const { path, title, at } of found) {
    const row = document.createElement("li");
    row.className = "list__row";
    const link = document.createElement("a");
    link.className = "list__body";
    link.href = path;
    link.textContent = title.replace(/, (.)/, (_, letter) => `, ${letter.toLowerCase()}`);
    const when = document.createElement("span");
    when.className = "list__end hint";
    when.textContent = at.toLocaleTimeString("ru-RU", { hour: "2-digit", minute: "2-digit" });
    row.append(link, when);
    list.append(row);
  }
  document.getElementById("copies-place").hidden = !found.length;
}

document.getElementById("again").addEventListener("click", () => location.reload());
window.addEventListener("online", () => location.reload());
show();
