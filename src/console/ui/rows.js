// A long list of which only the rows that are seen exist. Items are lines, whose `seq` grows.
import { node } from "./dom.js";

const SPARE = 8; // rows above and below what is seen

export class Rows {
  #items = [];
  #made = new Map(); // seq -> element
  #chosen = null; // seq
  #drawing = 0;
  #follows = true; // looks at the end, and stays there

  // `draw(item)` gives what is in a row; `choose(item)` hears which one was chosen, or null.
  constructor(box, { height, label, draw, choose, top }) {
    Object.assign(this, { box, height, draw, choose, top });
    this.space = node("div", { class: "space", role: "presentation" });
    box.classList.add("rows");
    box.tabIndex = 0;
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-label", label);
    box.append(this.space);
    box.addEventListener("scroll", () => {
      if (box.clientHeight > 0) this.#follows = box.scrollTop + box.clientHeight >= box.scrollHeight - this.height;
      this.#later();
    }, { passive: true });
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.choosing(Number(row.dataset.key));
    });
    new ResizeObserver(() => {
      if (this.#follows) this.#toEnd();
      this.#later();
    }).observe(box);
  }

  get chosen() { return this.#items[this.#indexOf(this.#chosen)] || null; }

  #toEnd() { this.box.scrollTop = this.#items.length * this.height; }

  // Shows these; whoever looks at the end stays there, others keep what they look at.
  set(items) {
    const anchor = this.#items[Math.floor(this.box.scrollTop / this.height)];
    const rest = this.box.scrollTop % this.height;
    this.#items = items;
    this.space.style.height = `${items.length * this.height}px`;
    if (this.#follows) this.#toEnd();
    else if (anchor) this.box.scrollTop = this.#after(anchor.seq) * this.height + rest;
    if (this.#chosen !== null && this.#indexOf(this.#chosen) < 0) this.choosing(null);
    this.#draw();
  }

  choosing(key) {
    this.#chosen = key;
    const at = this.#indexOf(key);
    if (at >= 0) this.#reveal(at);
    this.#draw();
    this.choose(this.#items[at] || null);
  }

  // The first of what has this key or a greater one.
  #after(key) {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#items[middle].seq < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #indexOf(key) {
    if (key === null) return -1;
    const at = this.#after(key);
    return this.#items[at]?.seq === key ? at : -1;
  }

  #reveal(at) {
    const { box, height } = this;
    if (at * height < box.scrollTop) box.scrollTop = at * height;
    else if ((at + 1) * height > box.scrollTop + box.clientHeight) box.scrollTop = (at + 1) * height - box.clientHeight;
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.#items.length - 1;
    const at = this.#indexOf(this.#chosen);
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.height) - 1);
    const from = at < 0 ? last + 1 : at;
    const to = {
      ArrowDown: at < 0 ? last : at + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page, Home: 0, End: last,
    }[event.key];
    if (event.key === "Escape" && at >= 0) this.choosing(null);
    else if (to === undefined || last < 0) return;
    else this.choosing(this.#items[Math.max(0, Math.min(to, last))].seq);
    event.preventDefault();
    event.stopPropagation();
  }

  #later() {
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      this.#draw();
      if (this.top && this.box.scrollTop < this.height * SPARE) this.top();
    });
  }

  #draw() {
    const { box, height } = this;
    const from = Math.max(0, Math.floor(box.scrollTop / height) - SPARE);
    const to = Math.min(this.#items.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + SPARE);
    const seen = new Set();
    for (let at = from; at < to; at += 1) {
      const item = this.#items[at];
      seen.add(item.seq);
      let row = this.#made.get(item.seq);
      if (!row) {
        row = node("div", { role: "option", id: `${box.id}-${item.seq}`, class: "row", "data-key": item.seq }, this.draw(item));
        this.#made.set(item.seq, row);
        this.space.append(row);
      }
      row.style.transform = `translateY(${at * height}px)`;
      row.setAttribute("aria-posinset", at + 1);
      row.setAttribute("aria-setsize", this.#items.length);
      row.setAttribute("aria-selected", String(item.seq === this.#chosen));
    }
    for (const [key, row] of this.#made) {
      if (seen.has(key)) continue;
      row.remove();
      this.#made.delete(key);
    }
    const row = this.#made.get(this.#chosen);
    if (row) box.setAttribute("aria-activedescendant", row.id);
    else box.removeAttribute("aria-activedescendant");
  }
}
