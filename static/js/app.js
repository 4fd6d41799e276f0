/* What every page needs and nothing more; pages work without it. */

import { keepCopiesOf } from "./stored.js";

// Stored sheets of somebody else, or of somebody who has left, go with the first page that is opened.
const account = document.querySelector('meta[name="account"]');
if (account) keepCopiesOf(account.content);

// A menu made of <details data-menu> closes by Escape and by a press elsewhere, like any menu.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// <button data-show-password="id_password" hidden>: the button appears only where this script runs.
for (const button of document.querySelectorAll("[data-show-password]")) {
  const field = document.getElementById(button.dataset.showPassword);
  if (!field) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    const show = field.type === "password";
    field.type = show ? "text" : "password";
    button.textContent = show ? "Скрыть" : "Показать";
    button.setAttribute("aria-pressed", String(show));
    field.focus();
  });
}

// <form data-once>: a second press while the first is under way sends nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) {
    button.setAttribute("aria-busy", "true");
  }
});
// A page taken back from the browser's memory may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// <select data-submit>, <input data-submit>: a filter acts on change; its button serves when there is no script.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
for (const button of document.querySelectorAll("[data-submit-button]")) button.hidden = true;

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
// Of a row of pills that is wider than the screen, the lit one is in sight.
for (const lit of document.querySelectorAll(".pills--scroll [aria-current]")) {
  const row = lit.closest(".pills--scroll");
  row.scrollLeft = lit.offsetLeft + lit.offsetWidth - row.offsetLeft - row.clientWidth + 48;
}
// A grid wider than the screen opens at its newest days.
for (const box of document.querySelectorAll("[data-scroll-end]")) box.scrollLeft = box.scrollWidth;
