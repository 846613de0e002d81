// The dialog that makes a room.
import { $ } from "./dom.js";

export class CreateView {
  /// `create({ name, type })` → promise of the room; `opened(room)`.
  constructor(create, opened) {
    const dialog = $("create");
    const form = $("create-form");
    const error = $("create-error");
    const submit = form.querySelector("[type=submit]");
    $("new-room").addEventListener("click", () => {
      form.reset();
      error.hidden = true;
      dialog.showModal();
      form.elements.name.focus();
    });
    $("create-cancel").addEventListener("click", () => dialog.close());
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      submit.disabled = true;
      try {
        const room = await create({ name: form.elements.name.value.trim(), type: form.elements.type.value });
        dialog.close();
        opened(room);
      } catch (failure) {
        error.textContent = failure.details?.[0]?.message ?? failure.message;
        error.hidden = false;
        form.elements.name.focus();
      } finally {
        submit.disabled = false;
      }
    });
  }
}
