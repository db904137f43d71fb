/* Short ways to elements; texts always go in as text. */

/** Return the element of an id. */
function byId(id) {
  return document.getElementById(id);
}

/** Return a new element with a text and classes. */
function made(name, text = "", classes = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (classes) element.className = classes;
  return element;
}

/** Show a text in an element, or hide it if there is none. */
function show(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}

/** Show what is wrong at a field; null takes it back. The control is an input, a text area or a group. */
function showFault(control, fault) {
  show(byId(`${control.id}-error`), fault === null ? "" : fault());
  if (fault === null) control.removeAttribute("aria-invalid");
  else control.setAttribute("aria-invalid", "true");
}

/** Put a text on the clipboard; return whether that worked. Pages without TLS have only the old way. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = made("textarea", text);
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

/** Let the browser save a text as a file. */
function save(name, type, text) {
  const link = made("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
