/* The form of a contract follows what is typed: the server reads it back, this script only carries.

   Without it every button posts the page and the server answers with the whole of it: nothing else is lost. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-reading]");
  if (!form) return;
  const PAUSE = 250; // milliseconds without a key before the form is read back
  const status = document.getElementById("reading-status");
  let timer = 0;
  let asked = null;

  const post = (url, signal, button) => {
    const data = new FormData(form);
    if (button) data.append(button.name, button.value);
    return fetch(url, { method: "POST", body: new URLSearchParams(data), signal, headers: { "X-Requested-With": "fetch" } });
  };

  const mark = (faults) => {
    for (const slot of form.querySelectorAll("[data-fault]")) {
      const found = faults[slot.dataset.fault] || [];
      slot.textContent = found.join(" ");
      const field = slot.closest(".field");
      field?.classList.toggle("wrong", found.length > 0);
      field?.querySelector("input, select, textarea")?.setAttribute("aria-invalid", String(found.length > 0));
    }
  };

  const show = (answer) => {
    mark(answer.faults);
    for (const [id, html] of Object.entries(answer.readings)) {
      const place = document.getElementById(id);
      if (place) place.innerHTML = html;
    }
    const changes = document.getElementById("changes");
    if (changes) changes.innerHTML = answer.changes;
    if (status.textContent !== answer.status) status.textContent = answer.status;
  };

  const read = async () => {
    asked?.abort();
    const mine = (asked = new AbortController());
    try {
      const response = await post(form.dataset.reading, mine.signal);
      if (!response.ok) throw new Error(String(response.status));
      const answer = await response.json();
      if (asked === mine) show(answer); // an answer that was overtaken is dropped
    } catch (problem) {
      if (problem.name !== "AbortError") status.textContent = "The terms could not be read back just now.";
    }
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(read, PAUSE);
  };

  /* A button that only changes the form: the server renders the page, and the part that changed takes its place. */
  const exchange = async (button) => {
    const id = button.dataset.part;
    const response = await post(form.getAttribute("action") || location.href, undefined, button);
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    const [old, fresh] = [document.getElementById(id), answer.getElementById(id)];
    if (!response.ok || !fresh) throw new Error("no such part");
    old.replaceWith(document.adoptNode(fresh));
    const notes = answer.getElementById("part-notes");
    document.getElementById("part-notes").replaceWith(document.adoptNode(notes));
    focusOn(fresh, button.value, notes);
    later();
  };

  const focusOn = (part, action, notes) => {
    if (notes.textContent.trim()) notes.scrollIntoView({ block: "nearest" });
    const lines = part.querySelectorAll(":scope > .line, :scope > .rule, :scope > .commitment");
    const last = action.startsWith("add:") ? lines[lines.length - 1] : part;
    (last || part).querySelector("input:not([type=hidden]), select, textarea, button:enabled")?.focus();
  };

  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-part]");
    if (!button) return;
    event.preventDefault();
    exchange(button).catch(() => form.requestSubmit(button)); // the page as a whole, then
  });
});
