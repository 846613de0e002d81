// Short notes about what went wrong; they leave by themselves.
import { $, h } from "./dom.js";

const shownFor = 8_000;

export function notify(text) {
  const notice = h("div", { class: "notice" }, h("span", {}, text),
    h("button", { type: "button", class: "link", onclick: () => notice.remove() }, "Dismiss"));
  $("notices").append(notice);
  setTimeout(() => notice.remove(), shownFor);
}
