/* The keyboard of the sheet, in either layout: by letter, and by the physical key that bears it on a Russian keyboard. */

const BY_LETTER = { "б": "ill", "у": "excused", "н": "unexcused", "о": "late" };
const BY_KEY = { Comma: "ill", KeyE: "excused", KeyY: "unexcused", KeyJ: "late" };

/** `act` has move(step), choose(lesson), clear(), mark(reason), undo(), rollCall(). */
export function listen(act) {
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea, summary, dialog")) return;
    const done = handle(event, act);
    if (done) event.preventDefault();
  });
}

function handle(event, act) {
  if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ" && !event.shiftKey) {
    act.undo();
    return true;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    act.move(event.key === "ArrowDown" ? 1 : -1);
    return true;
  }
  if (event.key === " " && !event.target.closest("button, a")) {
    act.clear();
    return true;
  }
  if (/^[0-9]$/.test(event.key)) {
    act.choose(Number(event.key));
    return true;
  }
  const reason = BY_LETTER[event.key.toLowerCase()] || BY_KEY[event.code];
  if (reason) {
    act.mark(reason);
    return true;
  }
  if (event.key.toLowerCase() === "п" || event.code === "KeyG") {
    act.rollCall();
    return true;
  }
  return false;
}
