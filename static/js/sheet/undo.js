/* «Вернуть последнее»: the presses of this sign-in on this sheet that can be taken back. The server tells those made
   before the page was opened, so a reload forgets nothing. */

export class Steps {
  /** `values` are the server's, the oldest first: «key pupil:lesson:what stands:what stood». */
  constructor(values, waiting) {
    this.list = values.map((value) => {
      const [key, press] = value.split(" ");
      const [pupil, place, from, to] = press.split(":");
      return { key, pupil: Number(pupil), place: Number(place), from, to };
    });
    for (const item of waiting) {
      if (item.undoes) this.forget(item.undoes);
      else this.push(item);
    }
  }

  push(item) {
    if (item.kind !== "press" || this.list.some((step) => step.key === item.key)) return;
    this.list.push({ key: item.key, pupil: item.pupil, place: item.place, from: item.puts, to: item.expected });
  }

  get last() {
    return this.list.at(-1);
  }

  forget(key) {
    this.list = this.list.filter((step) => step.key !== key);
  }
}
