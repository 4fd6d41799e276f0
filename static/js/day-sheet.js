/* The day sheet: a press saves itself, keys in either layout, undo, the other person's marks, presses that wait.
   The page works without this file: each button is a form of its own. Nothing but ids, dates and letters is kept. */

import { button, question } from "./questions.js";

const sheet = document.getElementById("sheet");
const LETTERS = { ill: "Б", excused: "У", unexcused: "Н", late: "О" };
const LABELS = { ill: "болезнь", excused: "уважительная причина", unexcused: "неуважительная причина", late: "опоздание" };
const ABSENT = ["ill", "excused", "unexcused"];
// By letter, and by the physical key that bears it on a Russian keyboard.
const BY_LETTER = { "б": "ill", "у": "excused", "н": "unexcused", "о": "late" };
const BY_KEY = { Comma: "ill", KeyE: "excused", KeyY: "unexcused", KeyJ: "late" };
const POLL_MS = 4000;
const RETRY_MS = 3000;

const rows = new Map();
let token = document.querySelector('meta[name="csrf-token"]').content;
let current = null;
let lesson = 0;
let sending = false;
let retry = null;
const undone = [];
const queueName = sheet && `presses:${sheet.dataset.user}:${location.pathname}`;
let queue = [];

class Row {
  constructor(element) {
    this.element = element;
    this.id = Number(element.id.slice(1));
    this.places = new Map();
    this.cells = new Map([...element.querySelectorAll("[data-n]")].map((td) => [Number(td.dataset.n), td]));
    this.note = element.querySelector(".day__note");
    for (const button of element.querySelectorAll(".press")) {
      const [, place, stands, puts] = button.value.split(":");
      if (stands) this.places.set(Number(place), { reason: stands, confirmed: this.places.get(Number(place))?.confirmed || !puts });
    }
    for (const [number, td] of this.cells) {
      if (td.dataset.mark) this.places.set(number, { reason: td.dataset.mark, confirmed: !("fact" in td.dataset) });
    }
  }

  reason(place) {
    return this.places.get(place)?.reason || "";
  }

  set(place, reason, confirmed = true) {
    if (reason) this.places.set(place, { reason, confirmed });
    else this.places.delete(place);
    this.paint();
  }

  paint() {
    for (const button of this.buttons()) paintPress(button, this);
    const whole = this.reason(0);
    for (const [number, td] of this.cells) {
      const shown = this.reason(number) || whole;
      const cell = td.firstElementChild;
      cell.className = `cell${shown ? ` is-${shown}` : ""}${this === current && number === lesson ? " is-chosen" : ""}`;
      cell.textContent = shown ? LETTERS[shown] : "";
    }
    if (this.places.size) this.note.querySelector(".offer")?.remove();
  }

  buttons() {
    const open = document.getElementById(`lessons${this.id}`);
    return [...this.element.querySelectorAll(".press"), ...(open ? open.querySelectorAll(".press") : [])];
  }

  /* The reason of the day, as attendance.queries.missed_on tells it for all own lessons missed. */
  missed() {
    const whole = this.reason(0);
    if (!this.cells.size) return { day: ABSENT.includes(whole) ? whole : "", lessons: 0, late: false };
    const reasons = [...this.cells.keys()].map((number) => this.reason(number) || whole);
    const missed = reasons.filter((reason) => ABSENT.includes(reason));
    const late = reasons.includes("late");
    if (!missed.length || missed.length < reasons.length) return { day: "", lessons: missed.length, late };
    const count = (reason) => missed.filter((one) => one === reason).length;
    const day = ABSENT.reduce((best, reason) => (count(reason) >= count(best) ? reason : best), ABSENT[0]);
    return { day, lessons: missed.length, late };
  }

  get isAbsent() {
    return Boolean(this.missed().day) || ABSENT.includes(this.reason(0));
  }
}

function paintPress(button, row) {
  const [, place, , puts] = button.value.split(":");
  const reason = button.dataset.reason || puts || button.value.split(":")[2];
  button.dataset.reason = reason;
  const stands = row.places.get(Number(place));
  const pressed = Boolean(stands && stands.reason === reason && stands.confirmed);
  button.setAttribute("aria-pressed", String(pressed));
  button.value = `${row.id}:${place}:${stands?.reason || ""}:${pressed ? "" : reason}`;
}

/* ── Sending: one at a time, in order, each with a key that makes a repeat harmless ── */

function press(row, place, reason, { undo = false } = {}) {
  if (!("editable" in sheet.dataset)) return;
  if (reason === "late" && place === 0) return say("Сначала выберите урок цифрой: опоздание отмечают на уроке.", "conflict");
  const before = row.reason(place);
  const was = row.places.get(place);
  if (before === reason && (!reason || was.confirmed)) return;
  queue.push({ key: makeKey(), pupil: row.id, place, expected: before, puts: reason });
  if (!undo) undone.push({ pupil: row.id, place, from: reason, to: before });
  row.set(place, reason);
  keepQueue();
  showTotals();
  showUndo();
  send();
}

function makeKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Plain http on a school's own address has no randomUUID.
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

async function send() {
  if (sending || !queue.length) return;
  sending = true;
  clearTimeout(retry);
  const item = queue[0];
  say(queue.length > 1 ? `сохраняется, ещё ${queue.length}` : "сохраняется", "saving");
  let answer;
  try {
    answer = await post(sheet.action, { press: `${item.pupil}:${item.place}:${item.expected}:${item.puts}`, key: item.key });
  } catch {
    sending = false;
    return wait(`нет сети · ждут отправки ${queue.length}`);
  }
  sending = false;
  if (answer.status === 401) return askSignIn();
  if (answer.status === 403) return renewToken();
  if (answer.status >= 500 || answer.status === 429) return wait(`школа не отвечает · ждут отправки ${queue.length}`);
  queue.shift();
  keepQueue();
  await take(item, answer);
  if (queue.length) send();
}

async function take(item, answer) {
  const row = rows.get(item.pupil);
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) {
    if (!queue.length) say(`сохранено ${body.at}`, "saved");
  } else if (answer.status === 409) {
    ask(row, item, body.mismatch);
  } else {
    forget(item);
    say(body.refused || "Не удалось сохранить. Обновите страницу.", "conflict");
    await refresh();
  }
}

function post(url, fields) {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token, Accept: "application/json" },
    body: new URLSearchParams(fields),
    redirect: "error",
  });
}

function wait(words) {
  say(words, "offline");
  retry = setTimeout(send, RETRY_MS);
}

async function renewToken() {
  // Signed in again in another tab: the page's token is old, the session is good.
  const news = await load();
  if (news && news.csrf !== token) {
    token = news.csrf;
    send();
  } else wait(`не удалось отправить · ждут отправки ${queue.length}`);
}

function askSignIn() {
  say(`сеанс закончился · ждут отправки ${queue.length}`, "offline");
  const box = question("Сеанс закончился. Отметки не потеряны: войдите, и они отправятся сами.", { alone: true });
  const link = document.createElement("a");
  link.className = "btn btn-primary btn-sm";
  link.href = `/accounts/login/?next=${encodeURIComponent(location.pathname)}`;
  link.textContent = "Войти";
  box.append(link);
  link.focus();
}

function keepQueue() {
  // sessionStorage lives as long as the tab: it outlasts the way through the sign-in page.
  if (queue.length) sessionStorage.setItem(queueName, JSON.stringify(queue));
  else sessionStorage.removeItem(queueName);
}

/* ── What the other person did ── */

async function load() {
  try {
    const answer = await fetch(sheet.dataset.state, { headers: { Accept: "application/json", "X-Background": "1" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

async function refresh() {
  if (document.hidden || queue.length || sending) return;
  const news = await load();
  if (!news || queue.length || sending) return;
  const stands = new Map(news.places.map((place) => [`${place.pupil}:${place.lesson}`, place]));
  let other = null;
  for (const row of rows.values()) {
    for (const place of [0, ...row.cells.keys()]) {
      const now = stands.get(`${row.id}:${place}`);
      const here = row.places.get(place);
      if ((now?.reason || "") === (here?.reason || "") && (!now || now.confirmed === here.confirmed)) continue;
      row.set(place, now?.reason || "", now ? now.confirmed : true);
      other = now || other;
    }
  }
  // The first reading is of old news: only what comes while the sheet is open is told.
  if (sheet.dataset.ready && other && String(other.by_id) !== sheet.dataset.user) say(`${other.by || "другой человек"} · ${other.at}`, "saved");
  if (news.roll_call) showRollCall(news.roll_call);
  showTotals();
}

function ask(row, item, stands) {
  row.set(item.place, stands.reason);
  forget(item);
  showTotals();
  say("отметку изменили", "conflict");
  const name = row.element.querySelector(".day__name").textContent.trim();
  const where = item.place ? `${item.place} урок` : "весь день";
  const mine = item.puts ? LETTERS[item.puts] : "пусто";
  const theirs = stands.reason ? LETTERS[stands.reason] : "пусто";
  const who = stands.by ? `${stands.by}${stands.at ? ` в ${stands.at}` : ""}` : "Другой человек";
  const box = question(`${name}, ${where}: ${who} — ${theirs}, у вас — ${mine}. Что оставить?`, { alone: true });
  const keep = button(`Оставить: ${theirs}`, "btn-plain", () => box.remove());
  const put = button(`Поставить: ${mine}`, "btn-primary", () => { box.remove(); press(row, item.place, item.puts); });
  box.append(keep, " ", put);
  keep.focus();
}

/* ── Undo ── */

function forget(item) {
  const at = undone.findLastIndex((one) => one.pupil === item.pupil && one.place === item.place);
  if (at >= 0) undone.splice(at, 1);
  showUndo();
}

function undo() {
  const last = undone.pop();
  showUndo();
  if (!last) return;
  const row = rows.get(last.pupil);
  select(row, last.place);
  if (row.reason(last.place) === last.from) press(row, last.place, last.to, { undo: true });
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

function showTotals() {
  const counts = { absent: 0, partly: 0, late: 0, ill: 0, excused: 0, unexcused: 0 };
  for (const row of rows.values()) {
    const missed = row.missed();
    if (row.isAbsent) {
      counts.absent += 1;
      counts[missed.day || row.reason(0)] += 1;
    } else if (missed.lessons) counts.partly += 1;
    if (missed.late) counts.late += 1;
  }
  for (const place of document.querySelectorAll("[data-count]")) place.textContent = counts[place.dataset.count];
}

function showRollCall(taken) {
  for (const place of document.querySelectorAll("[data-roll-call-place]")) {
    if (place.querySelector("[data-roll-call-done]")) continue;
    const chip = document.createElement("span");
    chip.className = "chip is-done";
    chip.dataset.rollCallDone = "";
    chip.textContent = `отмечен в ${taken.at}${taken.by && !place.closest(".actionbar") ? `, ${taken.by}` : ""}`;
    place.replaceChildren(chip);
  }
}

async function takeRollCall(event) {
  event.preventDefault();
  if (queue.length) {
    return say(`сначала отправятся отметки: ${queue.length}`, "offline");
  }
  try {
    const answer = await post(sheet.dataset.rollCall, {});
    if (answer.status === 401 || answer.status === 403) return location.reload();
    const body = await answer.json();
    if (!answer.ok) return say(body.refused, "conflict");
    showRollCall(body);
    say(`сохранено ${body.at}`, "saved");
  } catch {
    say("нет сети: класс не отмечен, нажмите ещё раз", "offline");
  }
}

function select(row, place = 0, { focus = true } = {}) {
  const before = current;
  current = row;
  lesson = row.cells.has(place) ? place : 0;
  before?.element.classList.remove("is-current");
  row.element.classList.add("is-current");
  before?.paint();
  row.paint();
  if (focus) row.element.focus({ preventScroll: false });
}

function toggleLessons(row) {
  const link = row.element.querySelector(".day__name a");
  const open = document.getElementById(`lessons${row.id}`);
  link?.setAttribute("aria-expanded", String(!open));
  if (open) return open.remove();
  const tr = document.createElement("tr");
  tr.className = "day__open";
  tr.id = `lessons${row.id}`;
  const td = tr.insertCell();
  td.colSpan = row.element.cells.length;
  const box = td.appendChild(document.createElement("div"));
  box.className = "lessons";
  for (const number of row.cells.keys()) box.append(lessonLine(row, number));
  row.element.after(tr);
  row.paint();
}

function lessonLine(row, number) {
  const line = document.createElement("div");
  line.className = "lessons__one";
  const name = line.appendChild(document.createElement("span"));
  name.className = "lessons__name";
  name.textContent = `${number} ${lessonName(number)}`;
  const presses = line.appendChild(document.createElement("span"));
  presses.className = "presses";
  for (const reason of Object.keys(LETTERS)) {
    const made = presses.appendChild(document.createElement("button"));
    made.className = `press is-${reason}`;
    made.name = "press";
    made.dataset.reason = reason;
    made.value = `${row.id}:${number}::${reason}`;
    made.setAttribute("aria-label", `${number} урок: ${LABELS[reason]}`);
    made.textContent = LETTERS[reason];
    made.disabled = !("editable" in sheet.dataset);
  }
  return line;
}

function lessonName(number) {
  const heading = [...document.querySelectorAll("thead .day__lesson")].find((th) => parseInt(th.textContent, 10) === number);
  return heading?.title || "";
}

/* ── Keys and presses ── */

function onKey(event) {
  const field = event.target.closest("input, select, textarea, summary, dialog");
  if (field) return;
  const isUndo = (event.ctrlKey || event.metaKey) && event.code === "KeyZ" && !event.shiftKey;
  if (isUndo) {
    event.preventDefault();
    return undo();
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const all = [...rows.values()];
  const at = all.indexOf(current);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const shown = document.activeElement?.closest?.("tbody tr") ? 1 : 0;
    const step = event.key === "ArrowDown" ? shown : -shown;
    // The first arrow only enters the list where the eye already stands.
    return select(all[Math.min(all.length - 1, Math.max(0, at + step))], 0);
  }
  const isButton = event.target.closest("button, a");
  if (event.key === " " && !isButton) {
    event.preventDefault();
    return press(current, lesson, "");
  }
  if (/^[0-9]$/.test(event.key)) {
    event.preventDefault();
    const number = Number(event.key);
    if (number && !current.cells.has(number)) return say(`${number}-го урока у ученика в этот день нет`, "conflict");
    return select(current, number);
  }
  const reason = BY_LETTER[event.key.toLowerCase()] || BY_KEY[event.code];
  if (!reason) return;
  event.preventDefault();
  // The same letter again takes the mark away, as a second press does.
  const stands = current.places.get(lesson);
  press(current, lesson, stands?.reason === reason && stands.confirmed ? "" : reason);
}

function onClick(event) {
  const button = event.target.closest('button[name="press"]');
  const inRow = event.target.closest("tbody tr[id^=p], tr.day__open");
  if (button) {
    event.preventDefault();
    const [pupil, place, , puts] = button.value.split(":");
    const row = rows.get(Number(pupil));
    select(row, Number(place), { focus: false });
    return press(row, Number(place), puts);
  }
  if (event.target.closest("[data-roll-call-button]")) return takeRollCall(event);
  if (!inRow || inRow.matches(".day__open")) return;
  const row = rows.get(Number(inRow.id.slice(1)));
  const cell = event.target.closest("[data-n]");
  if (event.target.closest(".day__name a")) {
    event.preventDefault();
    toggleLessons(row);
  }
  select(row, cell ? Number(cell.dataset.n) : 0);
}

async function begin() {
  for (const element of sheet.querySelectorAll("tbody tr[id^=p]")) {
    const row = new Row(element);
    rows.set(row.id, row);
  }
  if (!rows.size) return;
  sheet.addEventListener("click", onClick);
  sheet.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", onKey);
  document.getElementById("undo").addEventListener("click", undo);
  document.getElementById("keys")?.removeAttribute("hidden");
  window.addEventListener("online", send);
  window.addEventListener("offline", () => say(`нет сети${queue.length ? ` · ждут отправки ${queue.length}` : ""}`, "offline"));
  document.addEventListener("visibilitychange", refresh);
  window.addEventListener("beforeunload", (event) => { if (queue.length) event.preventDefault(); });
  select([...rows.values()].find((row) => `#p${row.id}` === location.hash) || rows.values().next().value, 0, { focus: false });
  queue = JSON.parse(sessionStorage.getItem(queueName) || "[]");
  for (const item of queue) rows.get(item.pupil)?.set(item.place, item.puts);
  queue = queue.filter((item) => rows.has(item.pupil));
  showTotals();
  send();
  await refresh();
  sheet.dataset.ready = "1";
  setInterval(refresh, POLL_MS);
}

if (sheet) begin();
