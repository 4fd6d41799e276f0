/* The class as a spreadsheet: arrows between cells, typing replaces, a cell left is a cell saved, Ctrl+Z brings back,
   a block from Excel is shown before it is written. The page works without this file: it is one form then.
   What is not sent yet stays in the memory of the page only: nothing personal is kept in the browser. */

import { button, question } from "./questions.js";
import { freshToken } from "./token.js";

const form = document.getElementById("people-grid");
const RETRY_MS = 3000;
let token = document.querySelector('meta[name="csrf-token"]').content;
let queue = [];
let sending = false;
let retry = null;
let editing = false;
const undone = [];
/* Name of the cell → the value the server knows. */
const base = new Map();

const cells = () => [...form.querySelectorAll(".sheet tbody td > input, .sheet tbody td > select")];
const rowsOf = () => [...form.querySelectorAll(".sheet tbody tr")].filter((tr) => tr.querySelector("td > input, td > select"));
const visible = (cell) => cell.checkVisibility?.({ visibilityProperty: true }) ?? true;

/* ── Moving ── */

function go(cell) {
  if (!cell) return;
  cell.focus();
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function across(cell, step) {
  const all = cells().filter(visible);
  return all[all.indexOf(cell) + step];
}

function below(cell, step) {
  // The same column of the nearest line of the same kind: from a pupil to a pupil, from a guardian to a guardian.
  const field = cell.name.replace(/^[pl]\d+-/, "");
  const column = cells().filter((one) => visible(one) && one.name.endsWith(`-${field}`) && one.name[0] === cell.name[0]);
  return column[column.indexOf(cell) + step];
}

function startEditing(cell, caretAtEnd = false) {
  editing = true;
  cell.closest("td").classList.add("is-editing");
  if (caretAtEnd && cell.setSelectionRange) cell.setSelectionRange(cell.value.length, cell.value.length);
}

function stopEditing(cell) {
  editing = false;
  cell.closest("td").classList.remove("is-editing");
}

function onKey(event) {
  if (event.key === "F6") {
    // Typing is never interrupted by a question: this key leads to it.
    const first = document.querySelector("#questions button, #questions a");
    if (first) event.preventDefault();
    return first?.focus();
  }
  const cell = event.target.closest("td > input, td > select");
  const isUndo = (event.ctrlKey || event.metaKey) && event.code === "KeyZ" && !event.shiftKey;
  if (isUndo && !(editing && cell && cell.value !== base.get(cell.name))) {
    event.preventDefault();
    return undo();
  }
  if (!cell || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const move = (next) => {
    event.preventDefault();
    commit(cell);
    stopEditing(cell);
    go(next);
  };
  switch (event.key) {
    case "ArrowDown": if (!editing || cell.tagName === "INPUT") move(below(cell, 1)); return;
    case "ArrowUp": if (!editing || cell.tagName === "INPUT") move(below(cell, -1)); return;
    case "ArrowLeft": if (!editing) move(across(cell, -1)); return;
    case "ArrowRight": if (!editing) move(across(cell, 1)); return;
    case "Enter": return move(below(cell, event.shiftKey ? -1 : 1) || cell);
    case "Home": if (!editing) move(cell.closest("tr").querySelector("td > input, td > select")); return;
    case "F2":
      event.preventDefault();
      return startEditing(cell, true);
    case "Escape":
      event.preventDefault();
      stopEditing(cell);
      cell.value = base.get(cell.name);
      clearError(cell);
      cell.select?.();
      return;
    default:
      if (cell.tagName === "INPUT" && (event.key.length === 1 || event.key === "Backspace" || event.key === "Delete")) startEditing(cell);
  }
}

function onFocus(event) {
  const cell = event.target.closest("td > input, td > select");
  if (!cell) return;
  editing = false;
  cell.select?.();
}

function onBlur(event) {
  const cell = event.target.closest("td > input, td > select");
  if (!cell) return;
  stopEditing(cell);
  commit(cell);
}

function onPointer(event) {
  // A second press into the same cell puts the caret, as in a spreadsheet.
  const cell = event.target.closest("td > input");
  if (cell && cell === document.activeElement) startEditing(cell);
}

/* ── Saving: one cell at a time, in order; each says what it replaces ── */

function commit(cell) {
  if (cell.value === base.get(cell.name) || queued(cell.name)?.value === cell.value) return;
  if (cell.dataset.held === cell.value) return; // refused, or waiting for an answer: leaving the cell again decides nothing
  push(cell.name, cell.value);
}

function queued(name) {
  return queue.findLast((item) => item.cell === name);
}

function push(name, value, { isUndo = false } = {}) {
  const item = { cell: name, value, isUndo };
  // What waits and has not been sent yet is simply written anew.
  const at = queue.findIndex((one, index) => one.cell === name && !(index === 0 && sending));
  if (at >= 0) queue[at] = item;
  else queue.push(item);
  send();
}

async function send() {
  if (sending || !queue.length) return;
  sending = true;
  clearTimeout(retry);
  const item = queue[0];
  item.seen = base.get(item.cell);
  say(queue.length > 1 ? `сохраняется, ещё ${queue.length}` : "сохраняется", "saving");
  let answer;
  try {
    answer = await fetch(form.dataset.cell, {
      method: "POST",
      headers: { "X-CSRFToken": token, Accept: "application/json" },
      body: new URLSearchParams({ cell: item.cell, seen: item.seen, value: item.value }),
      redirect: "error",
    });
  } catch {
    sending = false;
    return wait(`нет сети · ждут отправки ${queue.length}`);
  }
  sending = false;
  if (answer.status === 401) return askSignIn();
  if (answer.status === 403) return renewToken();
  if (answer.status >= 500 || answer.status === 429) return wait(`школа не отвечает · ждут отправки ${queue.length}`);
  document.getElementById("q-session")?.remove();
  queue.shift();
  await take(item, answer);
  if (queue.length) send();
}

async function take(item, answer) {
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) {
    if (!item.isUndo && item.seen !== body.value) undone.push({ cell: item.cell, from: body.value, to: item.seen });
    settle(item.cell, body.value, item.value);
    showUndo();
    // A cell that waits for the person stays in sight of the state.
    if (!queue.length) troubled().length ? sayTroubles() : say(`сохранено ${body.at}`, "saved");
  } else if (answer.status === 409) {
    ask(item, body);
  } else {
    const cell = cellOf(item.cell);
    if (cell && cell.value === item.value) showError(cell, body.refused || "Не удалось сохранить. Обновите страницу.");
    sayTroubles();
  }
}

/* The server's value becomes known in every cell of this fact; what is being typed right now stays. */
function settle(name, value, sent) {
  for (const one of namesOf(name)) {
    const cell = cellOf(one);
    const was = base.get(one);
    base.set(one, value);
    if (!cell || (document.activeElement === cell && cell.value !== sent && cell.value !== was)) continue;
    if (cell.value === sent || cell.value === was) cell.value = value;
    clearError(cell);
  }
}

/* One guardian of two children of the class has two lines; the guardian's own facts are the same in both. */
function namesOf(name) {
  const tr = cellOf(name)?.closest("tr");
  const field = name.replace(/^l\d+-/, "");
  if (!tr?.dataset.g || !["phone_mobile", "phone_home", "email"].includes(field)) return [name];
  return [...form.querySelectorAll(`tr[data-g="${tr.dataset.g}"] [name$="-${field}"]`)].map((cell) => cell.name);
}

const cellOf = (name) => form.elements.namedItem(name);
const troubled = () => form.querySelectorAll('td > [aria-invalid="true"]');

function wait(words) {
  say(words, "offline");
  retry = setTimeout(send, RETRY_MS);
}

async function renewToken() {
  const news = await freshToken();
  if (news && news !== token) {
    token = news;
    return send();
  }
  wait(`не удалось отправить · ждут отправки ${queue.length}`);
}

function askSignIn() {
  say(`сеанс закончился · ждут отправки ${queue.length}`, "offline");
  document.getElementById("q-session")?.remove();
  const box = question("Сеанс закончился. Исправленное не потеряно, пока открыта эта страница: войдите в новой вкладке и вернитесь сюда.");
  box.id = "q-session";
  const link = document.createElement("a");
  link.className = "btn btn-primary btn-sm";
  link.href = "/accounts/login/";
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = "Войти в новой вкладке";
  box.append(link);
  retry = setTimeout(send, RETRY_MS * 3);
}

/* ── Two people in one cell ── */

function ask(item, stands) {
  const cell = cellOf(item.cell);
  for (const one of namesOf(item.cell)) base.set(one, stands.stands);
  const mine = cell.tagName === "SELECT" ? cell.querySelector(`option[value="${item.value}"]`)?.textContent : item.value;
  const theirs = stands.words || "пусто";
  const who = `${stands.by || "Другой человек"}${stands.when ? ` ${stands.when}` : ""}`;
  showError(cell, `${who}: «${theirs}». У вас: «${mine || "пусто"}».`);
  say("клетку изменили", "conflict");
  document.getElementById(`q-${item.cell}`)?.remove();
  const box = question(`${labelOf(cell)}: ${who} — «${theirs}», у вас — «${mine || "пусто"}». Что оставить?`);
  box.id = `q-${item.cell}`;
  const keep = button(`Оставить: ${theirs}`, "btn-plain", () => {
    box.remove();
    cell.value = stands.stands;
    settle(item.cell, stands.stands, stands.stands);
    sayTroubles();
    go(cell);
  });
  const put = button(`Записать: ${mine || "пусто"}`, "btn-primary", () => {
    box.remove();
    cell.value = item.value;
    clearError(cell);
    push(item.cell, item.value);
    go(cell);
  });
  box.append(keep, " ", put);
}

function labelOf(cell) {
  const [head, row] = cell.getAttribute("aria-labelledby").split(" ").map((id) => document.getElementById(id));
  return `${(row.querySelector("a") || row).textContent.trim()}, ${head.textContent.trim().toLowerCase()}`;
}

/* ── Undo ── */

function undo() {
  const last = undone.pop();
  showUndo();
  if (!last) return;
  const cell = cellOf(last.cell);
  go(cell);
  if (base.get(last.cell) !== last.from) return say("клетку с тех пор изменили: вернуть её нельзя", "conflict");
  cell.value = last.to;
  cell.select?.();
  push(last.cell, last.to, { isUndo: true });
}

function showUndo() {
  document.getElementById("undo").hidden = !undone.length;
}

/* ── What the page shows ── */

function say(text, state) {
  const place = document.getElementById("save-state");
  place.textContent = text;
  place.dataset.state = state;
}

function sayTroubles() {
  const number = troubled().length;
  if (number) say(`не сохранено: ${number}`, "conflict");
  else if (!queue.length) say("", "saved");
}

function showError(cell, words) {
  clearError(cell);
  const error = document.createElement("span");
  error.className = "sheet__error";
  error.id = `e-${cell.name}`;
  error.textContent = words;
  cell.dataset.held = cell.value;
  cell.setAttribute("aria-invalid", "true");
  cell.setAttribute("aria-describedby", error.id);
  cell.after(error);
}

function clearError(cell) {
  delete cell.dataset.held;
  cell.removeAttribute("aria-invalid");
  cell.removeAttribute("aria-describedby");
  cell.parentElement.querySelector(".sheet__error")?.remove();
}

/* ── A block from a spreadsheet: shown by the server before anything is written ── */

function onPaste(event) {
  const cell = event.target.closest("td > input, td > select");
  const text = event.clipboardData?.getData("text/plain") || "";
  if (!cell || !/[\t\n]/.test(text.replace(/\r?\n$/, ""))) return;
  event.preventDefault();
  if (queue.length || sending) return say(`сначала сохранятся клетки: ${queue.length}`, "offline");
  const sent = document.createElement("form");
  sent.method = "post";
  sent.action = form.dataset.paste;
  for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, text, start: cell.name })) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    sent.append(field);
  }
  sent.hidden = true;
  document.body.append(sent);
  sent.submit();
}

function begin() {
  const seen = JSON.parse(form.elements.seen.value);
  for (const [name, value] of Object.entries(seen)) base.set(name, value);
  for (const button of form.querySelectorAll("[data-save-button]")) button.hidden = true;
  document.getElementById("keys")?.removeAttribute("hidden");
  const box = form.querySelector(".sheet");
  if (!box) return;
  box.addEventListener("focusin", onFocus);
  box.addEventListener("focusout", onBlur);
  box.addEventListener("pointerdown", onPointer);
  box.addEventListener("change", (event) => { if (event.target.matches("select")) commit(event.target); });
  box.addEventListener("paste", onPaste);
  document.addEventListener("keydown", onKey);
  document.getElementById("undo").addEventListener("click", undo);
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("online", send);
  window.addEventListener("offline", () => say(`нет сети${queue.length ? ` · ждут отправки ${queue.length}` : ""}`, "offline"));
  window.addEventListener("focus", send);
  window.addEventListener("beforeunload", (event) => {
    if (document.activeElement?.matches?.(".sheet td > *")) commit(document.activeElement);
    if (queue.length || troubled().length) event.preventDefault();
  });
  form.dataset.ready = "1";
}

if (form) begin();
