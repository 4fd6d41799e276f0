/* The builder of a division by keyboard, mouse and touch. Each cell is a radio button, so the page works without this
   file; here are moving by digits, several at once, dragging, undo, counts, and words for screen readers. */

const form = document.getElementById("builder");
const board = document.getElementById("board");

if (board) start();

function start() {
  const rows = [...board.tBodies[0].rows];
  const heads = [...board.tHead.rows[0].cells].slice(1);
  const said = document.getElementById("said");
  const undoButton = form.querySelector("[data-undo]");
  const limit = Number(form.dataset.limit);
  const history = [];
  const picked = new Set();
  let current = rows[0];
  let column = 1;
  let dragged = null;

  const radios = (row) => [...row.querySelectorAll("input[type=radio]")];
  const place = (row) => radios(row).findIndex((radio) => radio.checked);
  const pupil = (row) => row.querySelector("[data-pupil]").textContent;
  const title = (index) => heads[index].querySelector("[data-title]").textContent.trim();
  const say = (text) => { said.textContent = text; };

  // What the server filled by a quick way may be taken back like any other move.
  const filled = rows.filter((row) => "back" in row.dataset);
  if (filled.length) {
    history.push(filled.map((row) => [row, heads.findIndex((head) => head.dataset.key === row.dataset.back)]));
  }
  // What stood before a press of the mouse, of the browser's own radio button.
  const places = new Map(rows.map((row) => [row, place(row)]));

  document.querySelector("[data-keys]").hidden = false;
  form.querySelector("[data-summary]").hidden = false;

  function move(list, index) {
    const changed = list.filter((row) => places.get(row) !== index);
    if (changed.length) history.push(changed.map((row) => [row, places.get(row)]));
    for (const row of changed) put(row, index);
    paint();
    return changed;
  }

  function put(row, index) {
    radios(row)[index].checked = true;
    places.set(row, index);
  }

  function undo() {
    const step = history.pop();
    if (!step) return say("Возвращать нечего.");
    for (const [row, index] of step) put(row, index);
    paint();
    const [row] = step[0];
    stand(row, places.get(row));
    say(step.length === 1 ? `Возвращено. ${pupil(row)}: ${title(places.get(row))}.` : `Возвращено, учеников: ${step.length}.`);
  }

  function paint() {
    const counts = heads.map((head, index) => rows.filter((row) => places.get(row) === index && !(index === 0 && row.classList.contains("is-plan"))).length);
    heads.forEach((head, index) => {
      const size = counts[index] + Number(head.dataset.others);
      head.querySelector("[data-count]").textContent = counts[index];
      head.querySelector("[data-large]").hidden = index === 0 || size <= limit;
      head.querySelector("[data-into]").disabled = !picked.size;
    });
    for (const row of rows) {
      row.classList.toggle("is-picked", picked.has(row));
      row.classList.toggle("is-current", row === current);
    }
    const left = counts[0] ? `не распределены: ${counts[0]}` : "распределены все";
    form.querySelector("[data-summary]").textContent = heads.slice(1).map((head, index) => `${title(index + 1)}: ${counts[index + 1]}`).join(" · ") + ` · ${left}`;
    form.querySelector("[data-summary-short]").textContent = left;
    undoButton.hidden = !history.length;
  }

  function stand(row, index, focus = true) {
    radios(current)[column].tabIndex = -1;
    current = row;
    column = Math.min(Math.max(index, 0), heads.length - 1);
    radios(current)[column].tabIndex = 0;
    if (focus) radios(current)[column].focus();
    paint();
  }

  /* Into a column: the chosen pupils, or the current one, after whom comes the next. */
  function send(index) {
    if (index >= heads.length) return say(`Группы с номером ${index} нет.`);
    if (picked.size) {
      const list = [...picked];
      picked.clear();
      move(list, index);
      stand(current, index);
      return say(`${title(index)}: учеников ${list.length}.`);
    }
    const row = current;
    move([row], index);
    const next = rows[rows.indexOf(row) + 1];
    stand(next || row, next ? places.get(next) : index);
    say(`${pupil(row)}: ${title(index)}.${next ? ` ${pupil(next)}, ${title(places.get(next))}.` : " Конец списка."}`);
  }

  function pick(row) {
    if (picked.has(row)) picked.delete(row);
    else picked.add(row);
    paint();
    say(`${pupil(row)}: ${picked.has(row) ? "выбран(а)" : "не выбран(а)"}. Выбрано: ${picked.size}.`);
  }

  const step = (by) => rows[rows.indexOf(current) + by];
  const keys = {
    ArrowDown: () => step(1) && stand(step(1), column),
    ArrowUp: () => step(-1) && stand(step(-1), column),
    ArrowLeft: () => stand(current, column - 1),
    ArrowRight: () => stand(current, column + 1),
    Home: () => stand(rows[0], column),
    End: () => stand(rows.at(-1), column),
    Enter: () => send(column),
    " ": () => pick(current),
    Escape: () => { picked.clear(); paint(); say("Выбор снят."); },
  };

  board.addEventListener("keydown", (event) => {
    if (!event.target.matches("input[type=radio]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? (/^\d$/.test(event.key) ? event.key : null);
    const act = digit === null ? keys[event.key] : () => send(Number(digit));
    if (!act) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    // In a field of text the browser's own undo is meant.
    if (event.code === "KeyZ" && !event.target.matches("textarea, [type=date], input:not([type])")) {
      event.preventDefault();
      undo();
    } else if (event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-preview]"));
    }
  });
  undoButton.addEventListener("click", undo);

  /* Mouse and touch: a press on a cell moves at once; on a name it chooses, the head of a column then takes. */
  board.addEventListener("change", (event) => {
    const row = event.target.closest("tr");
    const index = place(row);
    const list = picked.has(row) ? [...picked] : [row];
    picked.clear();
    move(list, index);
    stand(row, index, false);
    say(list.length > 1 ? `${title(index)}: учеников ${list.length}.` : `${pupil(row)}: ${title(index)}.`);
  });
  board.addEventListener("click", (event) => {
    const into = event.target.closest("[data-into]");
    const name = event.target.closest("tbody th");
    if (into) send(heads.indexOf(into.closest("th")));
    else if (name) pick(name.closest("tr"));
  });
  board.addEventListener("focusin", (event) => {
    const row = event.target.closest("tbody tr");
    if (!row || !event.target.matches("input[type=radio]")) return;
    const index = radios(row).indexOf(event.target);
    if (row !== current || index !== column) stand(row, index, false);
  });

  /* Dragging a chip into another column, with all chosen ones. */
  for (const seat of board.querySelectorAll(".seat")) seat.draggable = true;
  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("tr");
    if (place(dragged) !== radios(dragged).indexOf(event.target.querySelector("input"))) return event.preventDefault();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", pupil(dragged));
    dragged.classList.add("is-dragged");
  });
  const under = (event) => {
    const cell = event.target.closest("td, thead th");
    return cell && cell.cellIndex > 0 ? cell.cellIndex - 1 : -1;
  };
  const mark = (index) => heads.forEach((head, at) => head.classList.toggle("is-target", at === index));
  board.addEventListener("dragover", (event) => {
    if (!dragged || under(event) < 0) return;
    event.preventDefault();
    mark(under(event));
  });
  board.addEventListener("drop", (event) => {
    if (!dragged || under(event) < 0) return;
    event.preventDefault();
    const list = picked.has(dragged) ? [...picked] : [dragged];
    picked.clear();
    move(list, under(event));
    stand(dragged, under(event), false);
    say(`${title(under(event))}: учеников ${list.length}.`);
  });
  board.addEventListener("dragend", () => {
    dragged?.classList.remove("is-dragged");
    dragged = null;
    mark(-1);
  });

  // A new group is called as its field says.
  for (const field of form.querySelectorAll("[data-name-of]")) {
    field.addEventListener("input", () => {
      const key = field.dataset.nameOf;
      board.querySelector(`[data-title="${key}"]`).textContent = field.value || "без названия";
      form.querySelector(`[name="paste-to"] option[value="${key}"]`).textContent = field.value || "без названия";
      paint();
    });
  }

  // One stop for Tab instead of one a pupil.
  for (const row of rows) for (const radio of radios(row)) radio.tabIndex = -1;
  stand(current, places.get(current), false);
  if (matchMedia("(pointer: fine)").matches) radios(current)[column].focus({ preventScroll: true });
  form.dataset.ready = "1";
}
