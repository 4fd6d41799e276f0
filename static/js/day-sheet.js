/* The day sheet: a press saves itself, keys in either layout, undo, the other person's marks, presses that wait, work
   without network. The page works without this file: each button is a form of its own. */

import { button, question } from "./questions.js";
import { forgetCopies } from "./stored.js";
import { listen } from "./sheet/keys.js";
import { keepCopies, keepLetters, recallLetters, showStored, storedAt } from "./sheet/offline.js";
import { Queue } from "./sheet/queue.js";
import { Row, letter, placeWords, toggleLessons, wireOf } from "./sheet/rows.js";
import { Sender, load } from "./sheet/sender.js";
import { Steps } from "./sheet/undo.js";
import { dayWords, showWaiting } from "./sheet/waiting.js";

const POLL_MS = 4000;
const LONGEST_LATENESS = 240;

const sheet = document.getElementById("sheet");
const page = location.pathname;
const editable = Boolean(sheet && "editable" in sheet.dataset);
const why = document.getElementById("why");
const rows = new Map();
const asked = []; // mismatches that wait for an answer, shown one by one
let queue, sender, steps;
let current = null;
let lesson = 0;
let isOnline = !storedAt;

/* ── A press ── */

function press(row, place, puts, more = {}) {
  if (!editable) return;
  if (puts.startsWith("late") && place === 0) return say("Сначала выберите урок цифрой: опоздание отмечают на уроке.", "conflict");
  if (why && !why.value.trim()) {
    why.focus();
    return say("Месяц закрыт: сначала напишите причину исправления.", "conflict");
  }
  const expected = row.wire(place);
  if (expected === puts && !more.undoes && (!puts || row.places.get(place).confirmed)) return;
  const item = queue.add({ page, pupil: row.id, place, expected, puts, ...more, ...(why ? { why: why.value.trim() } : {}) });
  if (!more.undoes) steps.push(item);
  row.put(place, puts);
  showTotals();
  sender.wake();
}

function confirmAnnounced(row) {
  const { value, dataset } = row.family();
  for (const place of row.announcedPlaces()) press(row, place, dataset.reason, { announcement: value });
}

function takeRollCall() {
  if (!document.querySelector("[data-roll-call-button]")) return;
  if (!queue.of(page).some((item) => item.kind === "roll")) queue.add({ page, kind: "roll" });
  showRollCall("отметится, когда дойдёт очередь");
  sender.wake();
}

function undo() {
  const last = steps.last;
  if (!last) return;
  const row = rows.get(last.pupil);
  steps.forget(last.key);
  showUndo();
  if (!row) return;
  select(row, last.place);
  if (row.wire(last.place) !== last.from) return tellUndone(row, last.place, row.places.get(last.place));
  press(row, last.place, last.to, { undoes: last.key });
}

/* ── What became of it ── */

const tell = {
  saving() {
    const count = queue.length;
    say(count > 1 ? `сохраняется, ещё ${count}` : "сохраняется", "saving");
  },
  waiting(words) {
    isOnline = false;
    say(`${words} · ждут отправки ${queue.length}`, "offline");
    showStored(false);
    showQueue();
  },
  signedOut(other) {
    forgetCopies();
    say(`${other ? "вошёл другой человек" : "сеанс закончился"} · ждут отправки ${queue.length}`, "offline");
    showQueue();
    const words = other
      ? "В этом браузере вошёл другой человек. Отметки не потеряны: войдите снова, и они отправятся сами."
      : "Сеанс закончился. Отметки не потеряны: войдите, и они отправятся сами.";
    const box = question(words, { alone: true });
    const link = document.createElement("a");
    link.className = "btn btn-primary btn-sm";
    link.href = `/accounts/login/?next=${encodeURIComponent(page)}`;
    link.textContent = "Войти";
    box.append(link);
    link.focus();
  },
  saved(item, body) {
    if (item.page === page) take(item, body);
    if (queue.length) return;
    if (asked.length) say("отметку изменили", "conflict");
    else say(`сохранено ${body.at}`, "saved");
    backOnline();
    showQueue();
    keepLetters(rows);
  },
  mismatch(item, stands) {
    const theirs = wireOf(stands);
    const row = item.page === page ? rows.get(item.pupil) : null;
    const later = queue.all().filter((one) => one.key !== item.key && one.page === item.page && one.pupil === item.pupil && one.place === item.place);
    if (item.undoes) {
      queue.remove(item);
      if (row && !later.length) row.put(item.place, theirs);
      tellUndone(rows.get(item.pupil), item.place, stands, item.page);
    } else {
      // All that was pressed at this place is one wish: its last value.
      const wanted = (later.at(-1) || item).puts;
      for (const one of [item, ...later]) {
        steps.forget(one.key);
        if (one.key !== item.key) queue.remove(one);
      }
      row?.put(item.place, theirs);
      if (wanted === theirs || (later.length && wanted === item.expected)) queue.remove(item);
      else {
        queue.change(item, { held: true, puts: wanted });
        asked.push({ item, stands });
        if (asked.length === 1) ask();
        else showMore();
      }
    }
    say("отметку изменили", "conflict");
    showTotals();
    showQueue();
  },
  refused(item, words) {
    steps.forget(item.key);
    say("не сохранено", "conflict");
    if (item.kind === "roll") {
      question(`Перекличка за ${dayWords(item.page)} не сохранена: ${words}`);
    } else {
      const name = rows.get(item.pupil)?.name || "Отметка";
      question(`${name}, ${dayWords(item.page)}, ${placeWords(item.place)}, ${letter(item.puts)}: не сохранено. ${words}`)
        .append(button("Понятно", "btn-plain", (event) => event.target.closest(".alert").remove()));
    }
    showTotals();
    showQueue();
    refresh();
  },
};

/* The server's answer: it knows what an undo gave back. */
function take(item, body) {
  if (item.kind === "roll") return showRollCall(`отмечен в ${body.at}`, body.by);
  const row = rows.get(item.pupil);
  const follows = queue.of(page).some((one) => one.pupil === item.pupil && one.place === item.place);
  if (row && !follows) row.put(item.place, wireOf(body.place || {}), body.place ? body.place.confirmed : true);
  showTotals();
}

function who(stands) {
  return stands?.by ? `${stands.by}${stands.at ? ` в ${stands.at}` : ""}` : "другой человек";
}

/* Both values, author and time; the person chooses. One at a time. */
function ask() {
  const { item, stands } = asked[0];
  const [theirs, mine] = [letter(wireOf(stands)), letter(item.puts)];
  const name = rows.get(item.pupil)?.name || "Ученик другого класса";
  const day = item.page === page ? "" : `${dayWords(item.page)}, `;
  const by = stands.by ? who(stands) : "Другой человек";
  const box = question(`${name}, ${day}${placeWords(item.place)}: ${by} — ${theirs}, у вас — ${mine}. Что оставить?`, { alone: true });
  box.querySelector("p").append(Object.assign(document.createElement("span"), { id: "more-questions" }));
  showMore();
  const close = () => {
    queue.remove(item);
    asked.shift();
    box.remove();
    showQueue();
    if (asked.length) ask();
    else if (!queue.length) say("", "");
  };
  const keep = button(`Оставить: ${theirs}`, "btn-plain", close);
  const put = button(`Поставить: ${mine}`, "btn-primary", () => {
    close();
    const row = item.page === page ? rows.get(item.pupil) : null;
    if (row) return press(row, item.place, item.puts);
    const { pupil, place, puts, announcement } = item;
    queue.add({ page: item.page, pupil, place, expected: wireOf(stands), puts, announcement });
    return sender.wake();
  });
  box.append(keep, " ", put);
  keep.focus();
}

function showMore() {
  const place = document.getElementById("more-questions");
  if (place) place.textContent = asked.length > 1 ? ` Ещё таких: ${asked.length - 1}.` : "";
}

function tellUndone(row, place, stands, where = page) {
  const day = where === page ? "" : `${dayWords(where)}, `;
  question(`Вернуть не получилось: ${row?.name || "ученик"}, ${day}${placeWords(place)} — отметку изменил(а) ${who(stands)}, теперь стоит ${letter(wireOf(stands || {}))}.`, { alone: !asked.length })
    .append(button("Понятно", "btn-plain", (event) => event.target.closest(".alert").remove()));
  say("отметку изменили", "conflict");
}

/* ── What the other person did ── */

async function refresh() {
  if (document.hidden || isBusy()) return;
  const news = await load(page);
  if (news?.signedOut) return forgetCopies();
  if (!news) {
    isOnline = false;
    if (!queue.length) say("нет сети", "offline");
    return showStored(false);
  }
  if (isBusy()) return;
  if (String(news.user) !== queue.account) return forgetCopies();
  const wasOffline = !isOnline;
  backOnline();
  if (wasOffline) {
    if (document.getElementById("save-state").dataset.state === "offline") say("", "");
    sender.wake();
  }
  const other = takeNews(news);
  // The first reading is of old news: only what comes while the sheet is open is told.
  if (sheet.dataset.ready && other && String(other.by_id) !== queue.account) say(`${other.by || "другой человек"} · ${other.at}`, "saved");
  if (news.roll_call) showRollCall(`отмечен в ${news.roll_call.at}`, news.roll_call.by);
  showTotals();
  if (other || wasOffline) keepLetters(rows);
}

function takeNews(news) {
  const stands = new Map(news.places.map((place) => [`${place.pupil}:${place.lesson}`, place]));
  let other = null;
  for (const row of rows.values()) {
    for (const place of [0, ...row.cells.keys()]) {
      const now = stands.get(`${row.id}:${place}`);
      const here = row.places.get(place);
      if (wireOf(now) === row.wire(place) && (!now || now.confirmed === here.confirmed)) continue;
      row.put(place, wireOf(now), now ? now.confirmed : true);
      other = now || other;
    }
  }
  return other;
}

/* What stands here is newer than any answer while presses of this sheet are on their way. */
function isBusy() {
  return queue.of(page).some((item) => !item.held);
}

function backOnline() {
  isOnline = true;
  showStored(true);
}

/* ── What the page shows ── */

function say(text, state) {
  const place = document.getElementById("save-state");
  place.textContent = text;
  place.dataset.state = state;
}

function showTotals() {
  const counts = { absent: 0, partly: 0, late: 0, ill: 0, excused: 0, unexcused: 0 };
  let announced = 0;
  for (const row of rows.values()) {
    const missed = row.missed();
    if (row.isAbsent) {
      counts.absent += 1;
      counts[missed.day || row.reason(0)] += 1;
    } else if (missed.lessons) counts.partly += 1;
    if (missed.late) counts.late += 1;
    if (row.announcedPlaces().length) announced += 1;
  }
  for (const place of document.querySelectorAll("[data-count]")) place.textContent = counts[place.dataset.count];
  const all = document.getElementById("announced-all");
  if (all) {
    all.hidden = !announced;
    all.querySelector("[data-announced]").textContent = announced;
  }
  showUndo();
}

function showUndo() {
  const place = document.getElementById("undo-place");
  if (!place) return;
  place.hidden = !steps.last;
  if (!steps.last) return;
  const { pupil, place: where, from, to } = steps.last;
  document.getElementById("undo-words").textContent = `${rows.get(pupil)?.name || ""}, ${placeWords(where)}: ${letter(from)} → ${letter(to)}`;
}

function showQueue() {
  const box = document.getElementById("waiting");
  if (isOnline && !asked.length && !queue.hasOthers) box.hidden = true;
  else showWaiting(box, queue, { open: page, drop: askToDrop });
}

function askToDrop() {
  const box = question(`Не отправлять отметки (${queue.all().length})? Они будут удалены с этого устройства.`, { alone: true });
  const drop = () => {
    for (const item of queue.all()) queue.remove(item);
    location.reload();
  };
  box.append(button("Удалить", "btn-danger", drop), " ", button("Оставить", "btn-plain", () => (asked.length ? ask() : box.remove())));
}

function showRollCall(words, by = "") {
  for (const place of document.querySelectorAll("[data-roll-call-place]")) {
    if (place.querySelector("[data-roll-call-done]:not([data-waits])")) continue;
    const chip = document.createElement("span");
    chip.className = "chip is-done";
    chip.dataset.rollCallDone = "";
    if (!words.startsWith("отмечен ")) {
      chip.dataset.waits = "";
      chip.className = "chip";
    }
    chip.textContent = `${words}${by && !place.closest(".actionbar") ? `, ${by}` : ""}`;
    place.replaceChildren(chip);
  }
}

function select(row, place = 0, { focus = true } = {}) {
  const before = current;
  current = row;
  lesson = row.cells.has(place) ? place : 0;
  if (before) {
    before.element.classList.remove("is-current");
    before.chosen = null;
    before.paint();
  }
  row.element.classList.add("is-current");
  row.chosen = lesson;
  row.paint();
  if (focus) row.element.focus({ preventScroll: false });
}

/* ── Keys and presses ── */

const keys = {
  undo,
  rollCall: takeRollCall,
  move(step) {
    const all = [...rows.values()];
    // The first arrow only enters the list where the eye already stands.
    const inside = document.activeElement?.closest?.("tbody tr") ? step : 0;
    select(all[Math.min(all.length - 1, Math.max(0, all.indexOf(current) + inside))], 0);
  },
  choose(number) {
    if (number && !current.cells.has(number)) return say(`${number}-го урока у ученика в этот день нет`, "conflict");
    return select(current, number);
  },
  clear: () => press(current, lesson, ""),
  mark(reason) {
    // The same letter again takes the mark away, as a second press does.
    const stands = current.places.get(lesson);
    press(current, lesson, stands?.reason === reason && stands.confirmed ? "" : reason);
    // An arrow after a letter goes on to the next pupil.
    if (!document.activeElement?.closest?.("tbody tr")) current.element.focus();
  },
};

function onClick(event) {
  const pressed = event.target.closest("button");
  const inRow = event.target.closest("tbody tr[id^=p], tr.day__open");
  if (pressed) {
    event.preventDefault();
    return onButton(pressed, inRow);
  }
  if (!inRow || inRow.matches(".day__open")) return;
  const row = rows.get(Number(inRow.id.slice(1)));
  const cell = event.target.closest("[data-n]");
  if (event.target.closest(".day__name a")) {
    event.preventDefault();
    toggleLessons(row);
  }
  select(row, cell ? Number(cell.dataset.n) : 0);
}

function onButton(pressed, inRow) {
  const rowHere = inRow && rows.get(Number(inRow.id.replace(/\D/g, "")));
  if (pressed.id === "undo") return undo();
  if (pressed.matches("[data-roll-call-button]")) return takeRollCall();
  if (pressed.name === "confirm") {
    const chosen = pressed.value === "all" ? [...rows.values()].filter((row) => row.announcedPlaces().length) : [rowHere];
    return chosen.forEach(confirmAnnounced);
  }
  if (pressed.matches(".press--minutes")) return press(rowHere, Number(pressed.dataset.place), `late-${pressed.dataset.minutes}`);
  if (pressed.name !== "press") return undefined;
  const [pupil, place, , puts] = pressed.value.split(":");
  const row = rows.get(Number(pupil));
  if (!row) return undefined;
  pressed.closest(".alert-warning")?.remove();
  select(row, Number(place), { focus: false });
  return press(row, Number(place), puts);
}

function onMinutes(event) {
  const field = event.target.closest(".lessons__late input");
  if (!field?.value) return;
  const minutes = Number(field.value);
  const row = rows.get(Number(field.closest("tr").id.replace(/\D/g, "")));
  if (minutes >= 1 && minutes <= LONGEST_LATENESS) press(row, Number(field.dataset.place), `late-${minutes}`);
  else say(`Опоздание бывает от 1 до ${LONGEST_LATENESS} минут.`, "conflict");
}

async function begin() {
  for (const element of sheet.querySelectorAll("tbody tr[id^=p]")) {
    const row = new Row(element, editable);
    rows.set(row.id, row);
  }
  if (!rows.size) return;
  queue = new Queue(sheet.dataset.user);
  sender = new Sender(queue, document.querySelector('meta[name="csrf-token"]').content, tell);
  showStored(false);
  await recallLetters(rows);
  // What waited for an answer is asked again: the answer may be another one by now.
  for (const item of queue.all()) if (item.held) queue.change(item, { held: false });
  const waiting = queue.of(page);
  steps = new Steps(JSON.parse(sheet.dataset.steps || "[]"), waiting);
  for (const item of waiting) {
    if (item.kind === "roll") showRollCall("отметится, когда дойдёт очередь");
    else rows.get(item.pupil)?.put(item.place, item.puts);
  }
  sheet.addEventListener("click", onClick);
  sheet.addEventListener("change", onMinutes);
  sheet.addEventListener("submit", (event) => event.preventDefault());
  listen(keys);
  document.getElementById("keys")?.removeAttribute("hidden");
  window.addEventListener("offline", () => { isOnline = false; say(`нет сети${queue.length ? ` · ждут отправки ${queue.length}` : ""}`, "offline"); });
  window.addEventListener("storage", showQueue);
  document.addEventListener("visibilitychange", refresh);
  window.addEventListener("beforeunload", (event) => { if (queue.isFragile) event.preventDefault(); });
  select([...rows.values()].find((row) => `#p${row.id}` === location.hash) || rows.values().next().value, 0, { focus: false });
  showTotals();
  showQueue();
  sender.wake();
  await refresh();
  sheet.dataset.ready = "1";
  setInterval(refresh, POLL_MS);
  if (sheet.dataset.copies) keepCopies(sheet.dataset.copies);
}

if (sheet) begin();
