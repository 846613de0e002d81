// Sign in and sign up: one form with two modes.
import { $, setText } from "./dom.js";

const words = {
  login: { title: "Sign in", submit: "Sign in", question: "New here?", other: "Create an account" },
  register: { title: "Create an account", submit: "Create account", question: "Have an account?", other: "Sign in" },
};

export class SignView {
  /// `submit(mode, form)` → promise; an ApiError's details land at their fields.
  constructor(submit) {
    this.root = $("sign");
    this.form = $("sign-form");
    this.button = this.form.querySelector("[type=submit]");
    this.submit = submit;
    this.form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.go();
    });
    $("sign-switch").addEventListener("click", () => {
      this.setMode(this.mode === "login" ? "register" : "login");
      this.focus();
    });
    const { name, username } = this.form.elements;
    name.addEventListener("input", () => this.isChosen || (username.value = suggestion(name.value)));
    username.addEventListener("input", () => (this.isChosen = username.value !== ""));
    this.setMode("register");
  }

  show(mode = this.mode) {
    this.setMode(mode);
    this.root.hidden = false;
    document.title = "Troupe";
    this.focus();
  }

  hide() {
    this.root.hidden = true;
    this.form.reset();
    this.isChosen = false; // the username is the user's own, not our suggestion
    this.clear();
  }

  setMode(mode) {
    this.mode = mode;
    const w = words[mode];
    this.form.classList.toggle("is-login", mode === "login");
    setText($("sign-title"), w.title);
    setText(this.button, w.submit);
    setText($("sign-question"), w.question);
    setText($("sign-switch"), w.other);
    this.form.elements.password.autocomplete = mode === "login" ? "current-password" : "new-password";
    this.clear();
  }

  focus() {
    (this.mode === "login" ? this.form.elements.email : this.form.elements.name).focus();
  }

  values() {
    const { name, username, email, password } = this.form.elements;
    const both = { email: email.value.trim(), password: password.value };
    return this.mode === "login" ? both : { ...both, name: name.value.trim(), username: username.value.trim() };
  }

  async go() {
    this.clear();
    this.button.disabled = true;
    try {
      await this.submit(this.mode, this.values());
    } catch (error) {
      this.tell(error);
    } finally {
      this.button.disabled = false;
    }
  }

  clear() {
    $("sign-error").hidden = true;
    for (const input of this.form.querySelectorAll("input")) {
      input.removeAttribute("aria-invalid");
      $(`e-${input.name}`).textContent = "";
    }
  }

  tell(error) {
    let first = null;
    for (const { field, message } of error.details ?? []) {
      const input = this.form.elements[field];
      if (!input)
        continue;
      input.setAttribute("aria-invalid", "true");
      $(`e-${field}`).textContent = message;
      first ??= input;
    }
    if (!first) {
      $("sign-error").textContent = error.message;
      $("sign-error").hidden = false;
    }
    (first ?? this.form.elements.email).focus();
  }
}

function suggestion(name) {
  const plain = name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 32);
}
