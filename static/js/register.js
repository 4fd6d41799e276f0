/* The register by keyboard: one stop of Tab, arrows between cells, Enter opens the history of the cell in a dialog.
   Without this script every link of the page works by itself. */

const table = document.querySelector("[data-register]");
const dialog = document.querySelector("[data-cell-dialog]");

for (const pill of document.querySelectorAll(".pills--scroll [aria-current]")) {
  const row = pill.closest("ul");
  row.scrollLeft = pill.offsetLeft - (row.clientWidth - pill.offsetWidth) / 2;
}

if (table) {
  const rows = [...table.tBodies[0].rows];
  const lessons = [...table.tHead.rows[1].cells].map((head) => head.dataset.lesson);
  const cells = (row) => [...row.cells].slice(1, 1 + lessons.length);
  const inside = (cell) => cell.querySelector("a") || cell;
  let current = null;

  // One stop for Tab instead of one for each mark; names and means keep their own.
  for (const link of table.querySelectorAll("td > a")) link.tabIndex = -1;
  table.closest(".register-box").removeAttribute("tabindex");

  const stand = (cell, focus = true) => {
    if (current) inside(current).tabIndex = -1;
    current = cell;
    inside(cell).tabIndex = 0;
    if (focus) inside(cell).focus();
  };
  if (rows.length) stand(cells(rows[0]).at(-1), false);

  const steps = {
    ArrowLeft: (row, column) => [row, column - 1],
    ArrowRight: (row, column) => [row, column + 1],
    ArrowUp: (row, column) => [row - 1, column],
    ArrowDown: (row, column) => [row + 1, column],
    Home: (row) => [row, 0],
    End: (row) => [row, lessons.length - 1],
  };

  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("tbody td");
    if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = rows.indexOf(cell.parentElement);
    const column = cells(rows[row]).indexOf(cell);
    if (column < 0) return;
    if (steps[event.key]) {
      event.preventDefault();
      const [nextRow, nextColumn] = steps[event.key](row, column);
      const next = rows[nextRow] && cells(rows[nextRow])[nextColumn];
      if (next) stand(next);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (lessons[column]) open(`cells/${rows[row].dataset.pupil}/${lessons[column]}/`);
    }
  });

  table.addEventListener("click", (event) => {
    const cell = event.target.closest("tbody td");
    if (!cell || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const column = cells(cell.parentElement).indexOf(cell);
    if (column < 0) return;
    stand(cell);
    const link = cell.querySelector("a");
    if (!link) return;
    event.preventDefault();
    open(link.getAttribute("href"));
  });
}

async function open(url) {
  try {
    const answer = await fetch(url, { headers: { "X-Part": "1" }, credentials: "same-origin" });
    // Signed out meanwhile, or gone: the page itself says it best.
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    dialog.innerHTML = await answer.text();
  } catch {
    location.href = url;
    return;
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-text cell-dialog__close";
  close.textContent = "Закрыть";
  close.addEventListener("click", () => dialog.close());
  dialog.append(close);
  dialog.showModal();
}

// A press beside the dialog closes it; Escape does so by itself, and the focus goes back to the cell.
dialog?.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
