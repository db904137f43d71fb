/* One flight: the form, the answer, and what went over the wire. */

const LONGEST_WAIT_MS = 30_000;
const form = { faults: new Map(), answer: null, exchange: null, fault: null };

function controlOf(field) {
  return byId(field.name);
}

function valueOf(field) {
  if (field.name in facts.choices) return new FormData(byId("flight")).get(field.name) ?? "";
  const value = controlOf(field).value.trim();
  // the control has a T where people write a blank; both are the contract's
  return field.name === "Fecha-I" ? value.replace("T", " ") : value.toUpperCase();
}

function fill(flight) {
  for (const field of FIELDS) {
    const value = flight[field.name];
    if (field.name in facts.choices) {
      for (const radio of controlOf(field).querySelectorAll("input")) radio.checked = radio.value === value;
    } else {
      controlOf(field).value = field.name === "Fecha-I" ? value.replace(" ", "T").slice(0, "2017-01-01T23:30".length) : value;
    }
    form.faults.delete(field);
  }
  drawFormFaults();
}

async function askForOne(event) {
  event.preventDefault();
  form.fault = null;
  form.faults = new Map();
  const flight = Object.fromEntries(FIELDS.map((field) => [field.name, valueOf(field)]));
  for (const field of FIELDS) {
    const fault = faultOf(field, flight[field.name]);
    if (fault !== null) form.faults.set(field, fault);
  }
  drawFormFaults();
  if (form.faults.size > 0) {
    focusOn(form.faults.keys().next().value);
    return;
  }
  if (!checkToken()) return;
  const button = byId("flight").querySelector("[type=submit]");
  button.disabled = true;
  const body = laidOut(requestOf([flight]));
  const reply = await ask(body, token(), AbortSignal.timeout(LONGEST_WAIT_MS));
  button.disabled = false;
  form.exchange = { body, reply, hasToken: token() !== "" };
  const answers = reply.status === 200 ? answersOf(reply.object, 1) : null;
  form.answer = answers === null ? null : { ...answers[0], flight };
  if (answers === null) refuse(reply);
  drawFormFaults();
  drawAnswer();
  drawExchange();
  if (answers !== null) byId("answer").scrollIntoView({ block: "nearest" });
}

/** Show a refusal where it belongs: at the field that the sentence begins with, at the token, or above all. */
function refuse(reply) {
  const field = FIELDS.find((each) => reply.status === 400 && new RegExp(`^${each.name}(,|:| )`).test(reply.sentence));
  if (field !== undefined) {
    form.faults.set(field, () => reply.sentence);
    focusOn(field);
  } else if (reply.status === 401 || reply.status === 403) {
    refuseToken(reply.status);
  } else {
    form.fault = () => sentenceOf(reply);
  }
}

/** Return what to say of a reply that is no answer. */
function sentenceOf({ status, sentence }) {
  if (status === 0) return say("unreachable", { reason: sentence });
  if (status === 404) return say("gone");
  return say("refused", { status, sentence });
}

function focusOn(field) {
  const control = controlOf(field);
  (control.querySelector("input") ?? control).focus();
}

function forgetMendedFaults() {
  for (const field of [...form.faults.keys()]) {
    if (faultOf(field, valueOf(field)) === null) form.faults.delete(field);
  }
  drawFormFaults();
}

function drawFormFaults() {
  for (const field of FIELDS) showFault(controlOf(field), form.faults.get(field) ?? null);
  show(byId("fault"), form.fault === null ? "" : form.fault());
}

function drawAnswer() {
  const place = byId("answer");
  if (form.answer === null) {
    place.replaceChildren(made("p", form.exchange === null ? say("no answer") : "", "hint"));
    return;
  }
  const { probability, delayed, flight } = form.answer;
  const kind = delayed ? "late" : "fine";
  const notes = made("ul", "", "notes");
  notes.append(made("li", say("from the threshold", { threshold: percent(facts.threshold) })));
  if (facts.baseRate !== null) notes.append(made("li", say("beside the base", { base: percent(facts.baseRate) })));
  for (const field of FIELDS.filter((each) => !isKnown(each, flight[each.name]))) {
    notes.append(made("li", say("unseen", { field: say(`field ${field.name}`), value: flight[field.name] })));
  }
  const scale = made("div", "", kind);
  scale.append(scaleOf(probability, facts.threshold, facts.baseRate));
  place.replaceChildren(
    made("p", percent(probability), `probability ${kind}`),
    made("p", say(delayed ? "delayed" : "in time"), `verdict ${kind}`),
    scale,
    notes,
  );
}

function drawExchange() {
  byId("exchange").hidden = form.exchange === null;
  if (form.exchange === null) return;
  const { body, reply } = form.exchange;
  byId("request-line").textContent = `POST ${new URL(INFER_URL).pathname}`;
  byId("request").textContent = body;
  byId("response-line").textContent = reply.status || "";
  byId("response").textContent = reply.object === null ? reply.sentence : laidOut(reply.object);
}

async function copyExchange(what) {
  const { body, hasToken } = form.exchange;
  const texts = {
    curl: () => curlOf(body, hasToken),
    python: () => pythonOf(body, hasToken),
    request: () => body,
    response: () => byId("response").textContent,
  };
  byId("copied").textContent = say((await copy(texts[what]())) ? "copied" : "not copied");
}

function drawChoices() {
  for (const [name, values] of Object.entries(facts.choices)) {
    const chosen = new FormData(byId("flight")).get(name);
    byId(`${name}-choices`).replaceChildren(
      ...values.map((value) => {
        const [label, radio] = [made("label"), made("input")];
        Object.assign(radio, { type: "radio", name, value, checked: value === chosen });
        label.append(radio, made("span", say(`type ${value}`)));
        return label;
      }),
    );
  }
}

function startForm() {
  for (const { name } of FIELDS.filter((field) => field.name in facts.vocabulary && !(field.name in facts.choices))) {
    const values = facts.vocabulary[name];
    byId(`${name}-choices`).append(...values.map((value) => Object.assign(made("option"), { value })));
    draw(() => show(byId(`${name}-hint`), say(`hint ${name}`, { count: count(values.length) })));
  }
  draw(drawChoices);
  draw(drawFormFaults);
  draw(drawAnswer);
  byId("flight").addEventListener("submit", askForOne);
  byId("flight").addEventListener("input", forgetMendedFaults);
  byId("example").addEventListener("click", () => fill(facts.golden[0]));
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", () => copyExchange(button.dataset.copies));
  }
}
