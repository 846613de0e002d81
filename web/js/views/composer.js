// Where the user writes.
import { typingText } from "../typing.js";
import { $, setText } from "./dom.js";

const most = 4_000; // characters, contract section 3
const warnFrom = 3_700;

export class ComposerView {
  constructor(store, { send, wrote, stopped }) {
    Object.assign(this, { store, send, wrote });
    this.form = $("composer");
    this.text = $("text");
    this.button = this.form.querySelector("[type=submit]");
    this.shown = null;
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.go();
    });
    this.text.addEventListener("keydown", (e) => {
      // isComposing: Enter that picks a word of an input method is not the end of the message
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
        e.preventDefault();
        this.go();
      }
    });
    this.text.addEventListener("input", () => {
      this.store.room.draft = this.text.value;
      this.wrote(this.store.room, this.text.value);
      this.fit();
    });
    this.text.addEventListener("blur", () => this.store.room && stopped(this.store.room));
  }

  render() {
    const { room } = this.store;
    this.form.hidden = !room?.isJoined;
    if (this.form.hidden) {
      this.shown = null;
      return;
    }
    if (this.shown !== room.id) {
      this.shown = room.id;
      this.text.value = room.draft;
      this.text.placeholder = `Write to ${room.name}`;
      setText($("text-label"), `Message to ${room.name}`);
      this.fit();
    }
    setText($("typing"), typingText([...room.typing.values()].map((t) => t.name)));
  }

  focus() {
    this.text.focus({ preventScroll: true });
  }

  fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
    const content = this.text.value.trim();
    const length = [...content].length;
    setText($("left"), length >= warnFrom ? String(most - length) : "");
    $("left").classList.toggle("is-over", length > most);
    this.button.disabled = length === 0 || length > most;
  }

  go() {
    if (this.button.disabled)
      return;
    const { room } = this.store;
    const content = this.text.value.trim();
    this.text.value = room.draft = "";
    this.fit();
    this.send(room, content);
    this.focus();
  }
}
