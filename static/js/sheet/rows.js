/* A pupil's row: what stands where, and how it is shown. The same as attendance/views/rows.py draws. */

export const LETTERS = { ill: "Б", excused: "У", unexcused: "Н", late: "О" };
export const LABELS = { ill: "болезнь", excused: "уважительная причина", unexcused: "неуважительная причина", late: "опоздание" };
export const ABSENT = ["ill", "excused", "unexcused"];
const USUAL_MINUTES = [5, 10, 15];

/** «late-10» is a lateness of ten minutes. */
export function parse(wire) {
  const [reason, minutes] = (wire || "").split("-");
  return { reason, minutes: minutes ? Number(minutes) : null };
}

export function wireOf({ reason, minutes } = {}) {
  return reason ? (minutes ? `${reason}-${minutes}` : reason) : "";
}

export function letter(wire) {
  const { reason, minutes } = parse(wire);
  return reason ? LETTERS[reason] + (minutes ? ` ${minutes} мин` : "") : "пусто";
}

export function placeWords(place) {
  return place ? `${place} урок` : "весь день";
}

export class Row {
  constructor(element, editable) {
    this.element = element;
    this.editable = editable;
    this.id = Number(element.id.slice(1));
    this.name = element.querySelector(".day__name").textContent.trim();
    this.places = new Map();
    this.cells = new Map([...element.querySelectorAll("[data-n]")].map((td) => [Number(td.dataset.n), td]));
    this.note = element.querySelector(".day__note");
    this.late = this.note.querySelector("[data-late]");
    for (const button of element.querySelectorAll(".press")) {
      const [, place, stands, puts] = button.value.split(":");
      if (stands) this.places.set(Number(place), { ...parse(stands), confirmed: this.places.get(Number(place))?.confirmed || !puts });
    }
    for (const [number, td] of this.cells) {
      const { mark, minutes, fact } = td.dataset;
      if (mark) this.places.set(number, { reason: mark, minutes: Number(minutes) || null, confirmed: fact === undefined });
    }
  }

  reason(place) {
    return this.places.get(place)?.reason || "";
  }

  wire(place) {
    return wireOf(this.places.get(place));
  }

  put(place, wire, confirmed = true) {
    if (wire) this.places.set(place, { ...parse(wire), confirmed });
    else this.places.delete(place);
    this.paint();
  }

  paint() {
    for (const button of this.buttons()) paintPress(button, this);
    const whole = this.reason(0);
    for (const [number, td] of this.cells) {
      const shown = this.reason(number) || whole;
      const cell = td.firstElementChild;
      cell.className = `cell${shown ? ` is-${shown}` : ""}${this.chosen === number ? " is-chosen" : ""}`;
      cell.textContent = shown ? LETTERS[shown] : "";
      td.title = this.lateWords(number);
    }
    for (const offer of this.note.querySelectorAll(".offer[name=press]")) offer.hidden = this.places.size > 0;
    const family = this.family();
    if (family) family.hidden = !this.announcedPlaces().length;
    this.paintLate();
    this.paintMinutes();
  }

  buttons() {
    const open = document.getElementById(`lessons${this.id}`);
    return [...this.element.querySelectorAll(".press"), ...(open ? open.querySelectorAll(".press:not(.press--minutes)") : [])];
  }

  lateWords(place) {
    const minutes = this.places.get(place)?.minutes;
    return minutes ? `опоздал${this.element.dataset.girl === undefined ? "" : "а"} на ${minutes} мин` : "";
  }

  paintLate() {
    const words = [...this.places.keys()].map((place) => this.lateWords(place)).filter(Boolean).join(", ");
    if (!this.late && words) {
      this.late = document.createElement("span");
      this.note.prepend(this.late, " ");
    }
    if (this.late) this.late.textContent = words;
  }

  /* How late: offered where a lateness stands in the opened lessons. */
  paintMinutes() {
    const open = document.getElementById(`lessons${this.id}`);
    if (!open || !this.editable) return;
    for (const line of open.querySelectorAll(".lessons__one")) {
      const place = Number(line.querySelector(".press").value.split(":")[1]);
      const old = line.querySelector(".lessons__late");
      if (this.reason(place) !== "late") {
        old?.remove();
        continue;
      }
      const box = old?.dataset.script ? old : this.minutesBox(place);
      if (box !== old) {
        old?.remove();
        line.append(box);
      }
      const { minutes } = this.places.get(place);
      for (const button of box.querySelectorAll(".press--minutes")) {
        button.setAttribute("aria-pressed", String(Number(button.dataset.minutes) === minutes));
      }
      const field = box.querySelector("input");
      if (document.activeElement !== field) field.value = minutes || "";
    }
  }

  minutesBox(place) {
    const box = document.createElement("span");
    box.className = "lessons__late";
    box.dataset.script = "1";
    const made = (tag, fields) => Object.assign(document.createElement(tag), fields);
    box.append("на ");
    for (const minutes of USUAL_MINUTES) {
      const button = made("button", { type: "button", className: "press press--minutes", textContent: minutes });
      button.dataset.minutes = minutes;
      button.dataset.place = place;
      button.setAttribute("aria-label", `опоздание на ${minutes} минут`);
      box.append(button);
    }
    const field = made("input", { type: "number", min: 1, max: 240, inputMode: "numeric", className: "form-control" });
    field.setAttribute("aria-label", "на сколько минут");
    field.dataset.place = place;
    box.append(field, " мин");
    return box;
  }

  family() {
    return this.note.querySelector(".offer--family");
  }

  /* Places that the family announced and that wait, as attendance.announced.free_places tells it. */
  announcedPlaces() {
    const offer = this.family();
    if (!offer) return [];
    const answered = new Set([...this.places].filter(([, here]) => here.confirmed).map(([place]) => place));
    if (answered.has(0)) return [];
    const places = offer.dataset.places.split(" ").map(Number);
    return places.filter((place) => (place ? !answered.has(place) : !answered.size));
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
  const reason = button.dataset.reason || puts || parse(button.value.split(":")[2]).reason;
  button.dataset.reason = reason;
  const stands = row.places.get(Number(place));
  const pressed = Boolean(stands && stands.reason === reason && stands.confirmed);
  button.setAttribute("aria-pressed", String(pressed));
  button.value = `${row.id}:${place}:${wireOf(stands)}:${pressed ? "" : reason}`;
}

/* ── Lessons of the pupil, opened under the row ── */

export function toggleLessons(row) {
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
  return undefined;
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
    made.disabled = !row.editable;
  }
  return line;
}

function lessonName(number) {
  const heading = [...document.querySelectorAll("thead .day__lesson")].find((th) => parseInt(th.textContent, 10) === number);
  return heading?.title || "";
}
