/* Rows with buttons: arrows move, letters press in either layout. At a lesson each press saves itself, one after the
   other, with a key that makes a repeat harmless. Without this file every button is a form of its own. */

import { button, question } from "./questions.js";
import { freshToken } from "./token.js";

const RETRY_MS = 3000;
// By letter, and by the physical key that bears it on a Russian keyboard.
const LESSON_KEYS = { "н": "unexcused", "о": "late", "п": "done", KeyY: "unexcused", KeyJ: "late", KeyG: "done" };
const ANSWER_KEYS = { "б": "ill", "у": "excused", "н": "unexcused", Comma: "ill", KeyE: "excused", KeyY: "unexcused" };

const form = document.getElementById("lesson");
const saves = form && "save" in form.dataset;
const keys = form ? LESSON_KEYS : ANSWER_KEYS;
const all = () => [...document.querySelectorAll("[data-row]")];

/* ── Keyboard ── */

function stand(row) {
  if (!row) return;
  for (const other of all()) other.classList.toggle("is-current", other === row);
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const field = event.target.closest("input, textarea, select");
  if (field) {
    if (event.key === "Enter" && field.matches(".fact__field")) {
      event.preventDefault();
      field.nextElementSibling.click();
    }
    return;
  }
  const rows = all();
  const current = event.target.closest("[data-row]") || rows.find((row) => row.classList.contains("is-current"));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!rows.length) return;
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    stand(current ? rows[rows.indexOf(current) + step] : rows[0]);
    return;
  }
  const wanted = keys[event.key.toLowerCase()] || keys[event.code];
  const pressed = wanted && current?.querySelector(`[data-key="${wanted}"]`);
  if (!pressed) return;
  event.preventDefault();
  pressed.click();
});

document.getElementById("keys")?.removeAttribute("hidden");

/* ── Saving at a lesson ── */

if (saves) {
  const queue = [];
  let sending = false;
  let retry = null;
  let token = document.querySelector('meta[name="csrf-token"]').content;

  form.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    if (!pressed || pressed.name !== "press") return;
    event.preventDefault();
    const row = pressed.closest("[data-row]");
    // A second press on a row that is being saved would carry what no longer stands.
    if (row.getAttribute("aria-busy")) return;
    row.setAttribute("aria-busy", "true");
    const field = row.querySelector(".fact__field");
    const data = { press: pressed.value, key: makeKey() };
    if (field) data[field.name] = field.value;
    queue.push({ id: row.id, data });
    send();
  });

  window.addEventListener("beforeunload", (event) => {
    if (queue.length) event.preventDefault();
  });

  async function send() {
    if (sending || !queue.length) return;
    sending = true;
    clearTimeout(retry);
    const item = queue[0];
    say("сохраняется", "saving");
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": token },
        body: new URLSearchParams(item.data),
        redirect: "manual",
      });
    } catch {
      return wait("нет сети · отметка ждёт отправки");
    } finally {
      sending = false;
    }
    if (answer.type === "opaqueredirect" || answer.status === 403) return signIn();
    if (answer.status >= 500 || answer.status === 429) return wait("школа не отвечает · отметка ждёт отправки");
    queue.shift();
    await take(item, answer);
    send();
  }

  async function take(item, answer) {
    const row = document.getElementById(item.id);
    row.removeAttribute("aria-busy");
    if (answer.status === 404) return say("этого урока больше нет: обновите страницу", "conflict");
    const told = await answer.json();
    if (told.row) paint(row, told.row);
    if (answer.ok) say(`сохранено ${told.at}`, "saved");
    else {
      say("не сохранено", "conflict");
      question(told.changed || told.refused, { alone: true });
    }
  }

  function paint(row, html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = holder.content.querySelector("[data-row]");
    const stood = row.contains(document.activeElement);
    fresh.classList.toggle("is-current", row.classList.contains("is-current"));
    row.replaceWith(fresh);
    if (stood) fresh.focus({ preventScroll: true });
    for (const what of ["absent", "late"]) {
      const count = document.querySelectorAll(`[data-row][data-${what}]`).length;
      for (const place of document.querySelectorAll(`[data-count="${what}"]`)) place.textContent = count;
    }
  }

  function wait(words) {
    say(words, "offline");
    retry = setTimeout(send, RETRY_MS);
  }

  async function signIn() {
    const fresh = await freshToken();
    if (fresh && fresh !== token) {
      token = fresh;
      return send();
    }
    say("не сохранено", "conflict");
    const box = question("Вход завершён. Войдите снова в другой вкладке и нажмите «Отправить»: отметка не потеряна.", { alone: true });
    box.append(
      button("Отправить", "btn-primary", async () => {
        token = (await freshToken()) || token;
        box.remove();
        send();
      }),
    );
  }

  function say(words, state) {
    const place = document.getElementById("save-state");
    place.textContent = words;
    place.dataset.state = state;
  }

  function makeKey() {
    if (crypto.randomUUID) return crypto.randomUUID();
    // Plain http on a school's own address has no randomUUID.
    const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
