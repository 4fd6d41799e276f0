/* A stack of paper consents by keyboard: arrows walk over the pupils, one press ticks all who have none.
   Without this file the page works with Tab and Space. */

const form = document.querySelector("[data-consents]");
if (form) {
  const boxes = [...form.querySelectorAll("input[name=pupil]")];
  const purpose = form.querySelector("[name=purpose]");
  const tickLacking = form.querySelector("[data-tick-lacking]");
  const chosen = form.querySelector("[data-chosen]");

  const has = (box) => box.closest("tr").dataset.has.split(" ").includes(purpose.value);

  const count = () => {
    const number = boxes.filter((box) => box.checked).length;
    chosen.hidden = number === 0;
    chosen.textContent = `(${number})`;
  };

  // Who has this consent already needs no other one: the row is shown as done.
  const dim = () => {
    for (const box of boxes) box.closest("tr").classList.toggle("is-given", has(box));
  };

  tickLacking.hidden = false;
  tickLacking.addEventListener("click", () => {
    for (const box of boxes) box.checked = !has(box);
    count();
    boxes.find((box) => box.checked)?.focus();
  });

  purpose.addEventListener("change", () => {
    for (const box of boxes) if (has(box)) box.checked = false;
    dim();
    count();
  });

  form.addEventListener("change", (event) => {
    if (event.target.name === "pupil") count();
  });

  form.addEventListener("keydown", (event) => {
    const at = boxes.indexOf(event.target);
    if (at < 0) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      boxes[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  dim();
  count();
}
