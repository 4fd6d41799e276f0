/* Табель by keyboard: one stop of Tab, arrows between cells, Enter opens the day sheet at the pupil; so does a click
   into an empty cell. Without this script letters and headings are links by themselves. */

for (const pill of document.querySelectorAll(".pills--scroll [aria-current]")) {
  const row = pill.closest("ul");
  row.scrollLeft = pill.offsetLeft - (row.clientWidth - pill.offsetWidth) / 2;
}

const table = document.querySelector("[data-attendance-table]");

if (table) {
  const days = [...table.tHead.querySelectorAll("[data-day]")].map((head) => head.dataset.day);
  const rows = [...table.tBodies[0].rows];
  const cells = (row) => [...row.cells].slice(1, 1 + days.length);
  const inside = (cell) => cell.querySelector("a") || cell;
  let current = null;

  for (const link of table.querySelectorAll("tbody td > a")) link.tabIndex = -1;
  table.closest(".register-box").removeAttribute("tabindex");

  const stand = (cell, focus = true) => {
    if (current) inside(current).tabIndex = -1;
    current = cell;
    inside(cell).tabIndex = 0;
    if (focus) inside(cell).focus();
  };

  const today = table.querySelector("thead th.is-today");
  const first = today ? days.indexOf(today.dataset.day) : 0;
  stand(cells(rows[0])[first], false);
  // On a phone the day of today is far to the right; the names stay where they are.
  const box = table.closest(".register-box");
  if (today && today.offsetLeft > box.clientWidth - 40) box.scrollLeft = today.offsetLeft - box.clientWidth / 2;
  table.dataset.ready = "";

  const steps = {
    ArrowLeft: (row, column) => [row, column - 1],
    ArrowRight: (row, column) => [row, column + 1],
    ArrowUp: (row, column) => [row - 1, column],
    ArrowDown: (row, column) => [row + 1, column],
    Home: (row) => [row, 0],
    End: (row) => [row, days.length - 1],
  };

  const place = (cell) => {
    const row = rows.indexOf(cell.parentElement);
    return [row, row < 0 ? -1 : cells(rows[row]).indexOf(cell)];
  };
  const open = (row, column) => {
    location.href = `../${days[column]}/#p${rows[row].dataset.pupil}`;
  };

  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("tbody td");
    if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const [row, column] = place(cell);
    if (column < 0) return;
    if (steps[event.key]) {
      event.preventDefault();
      const [nextRow, nextColumn] = steps[event.key](row, column);
      const next = rows[nextRow] && cells(rows[nextRow])[nextColumn];
      if (next) stand(next);
    } else if (event.key === "Enter" && event.target === cell) {
      event.preventDefault();
      open(row, column);
    }
  });

  table.addEventListener("click", (event) => {
    const cell = event.target.closest("tbody td");
    if (!cell || event.target.closest("a")) return;
    const [row, column] = place(cell);
    if (column >= 0) open(row, column);
  });
}
