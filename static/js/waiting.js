/* Presses that wait to be sent, on a page that is not a sheet («Сегодня»): they are sent from here too. */

import { button, question } from "./questions.js";
import { Queue } from "./sheet/queue.js";
import { Sender } from "./sheet/sender.js";
import { letter, placeWords } from "./sheet/rows.js";
import { dayWords, showWaiting } from "./sheet/waiting.js";

const box = document.getElementById("waiting");
const account = document.querySelector('meta[name="account"]').content;
const queue = new Queue(account);

function show() {
  showWaiting(box, queue, { open: "", drop: askToDrop });
}

function askToDrop() {
  const asked = question(`Не отправлять отметки (${queue.all().length})? Они будут удалены с этого устройства.`, { alone: true });
  asked.append(
    button("Удалить", "btn-danger", () => { for (const item of queue.all()) queue.remove(item); asked.remove(); show(); }), " ",
    button("Оставить", "btn-plain", () => asked.remove()),
  );
}

if (box) {
  const sender = new Sender(queue, document.querySelector('meta[name="csrf-token"]').content, {
    saving: show,
    waiting: show,
    signedOut: show,
    saved: show,
    // Not taken and no longer waiting: that has to be told here too.
    refused: (item, words) => {
      const what = item.kind === "roll" ? "перекличка" : `${placeWords(item.place)}, ${letter(item.puts)}`;
      question(`${dayWords(item.page)}, ${what}: не сохранено. ${words}`)
        .append(button("Понятно", "btn-plain", (event) => event.target.closest(".alert").remove()));
      show();
    },
    // Both values are shown on the sheet itself, where the pupil's name is.
    mismatch: (item) => { queue.change(item, { held: true }); show(); },
  });
  show();
  sender.wake();
}
