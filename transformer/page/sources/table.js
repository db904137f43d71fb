/* Many flights: the text area, the progress, and the table of answers. */

const [MOST_ROWS_SHOWN, MOST_FAULTS_SHOWN] = [200, 20];
const many = { table: null, fault: null, through: 0, isAsking: false, isStopped: false, stopper: null, file: null };

/** Ask for the table as it stands; a run that is under way ends, and its answers with it. */
async function askForMany() {
  many.stopper?.abort();
  const stopper = (many.stopper = new AbortController());
  const table = tableOf(byId("table").value);
  many.fault = table.fault ?? null;
  many.table = many.fault === null ? table : null;
  many.isAsking = many.isStopped = false;
  if (many.fault !== null) byId("table").focus();
  if (many.fault !== null || !checkToken()) {
    drawMany();
    return;
  }
  many.isAsking = true;
  const reply = await askForAll(table.rows, stopper.signal, (through) => {
    if (many.stopper !== stopper) return;
    many.through = through;
    drawProgress();
  });
  if (many.stopper !== stopper) return;
  many.isAsking = false;
  many.isStopped = stopper.signal.aborted;
  if (reply !== null && !many.isStopped) {
    if (reply.status === 401 || reply.status === 403) refuseToken(reply.status);
    else many.fault = () => sentenceOf(reply);
  }
  drawMany();
}

function drawMany() {
  showFault(byId("table"), many.fault);
  drawProgress();
  drawRowFaults();
  drawRows();
}

function drawProgress() {
  const { table, isAsking } = many;
  byId("ask-many").disabled = isAsking;
  byId("stop").hidden = byId("progress").hidden = !isAsking;
  byId("download").hidden = table === null || isAsking;
  show(byId("unused"), table === null || table.unused.length === 0 ? "" : say("unused", { columns: table.unused.join(", ") }));
  if (table === null) {
    byId("outcome").textContent = "";
  } else if (isAsking) {
    Object.assign(byId("progress"), { max: table.rows.length, value: many.through });
    byId("outcome").textContent = say("progress", { done: count(many.through), all: count(table.rows.length) });
  } else {
    byId("outcome").textContent = outcomeOf(table.rows);
  }
}

function outcomeOf(rows) {
  const answered = rows.filter((row) => row.answer !== null);
  const numbers = {
    answered: answered.length,
    all: rows.length,
    late: answered.filter((row) => row.answer.delayed).length,
    wrong: rows.filter((row) => row.fault !== null).length,
  };
  const sentences = [say("done", Object.fromEntries(Object.entries(numbers).map(([key, number]) => [key, count(number)])))];
  if (many.isStopped) sentences.unshift(say("stopped"));
  if (rows.length > MOST_ROWS_SHOWN) sentences.push(say("first rows", { count: count(MOST_ROWS_SHOWN) }));
  return sentences.join(" ");
}

function drawRowFaults() {
  const wrong = many.table === null ? [] : many.table.rows.filter((row) => row.fault !== null);
  const items = wrong
    .slice(0, MOST_FAULTS_SHOWN)
    .map((row) => made("li", say("row fault", { row: count(row.number), fault: row.fault() })));
  if (wrong.length > MOST_FAULTS_SHOWN) items.push(made("li", say("more faults", { count: count(wrong.length - MOST_FAULTS_SHOWN) })));
  byId("faults").replaceChildren(...items);
  byId("faults").hidden = items.length === 0;
}

function drawRows() {
  byId("rows-region").hidden = many.table === null;
  if (many.table === null) return;
  const heads = [
    made("th", say("row"), "number"),
    ...FIELDS.map((field) => made("th", field.name)),
    made("th", say("probability"), "number"),
    made("th", say("outcome")),
  ];
  for (const head of heads) head.scope = "col";
  byId("rows-head").replaceChildren(...heads);
  byId("rows").replaceChildren(...many.table.rows.slice(0, MOST_ROWS_SHOWN).map(drawnRow));
}

function drawnRow({ number, flight, fault, answer }) {
  const line = made("tr");
  line.append(made("td", count(number), "number"), ...FIELDS.map((field) => made("td", shortened(flight[field.name]))));
  if (answer !== null) {
    line.append(made("td", percent(answer.probability), "number"), made("td", say(answer.delayed ? "late" : "on time"), answer.delayed ? "late" : "fine"));
  } else {
    line.append(made("td"), made("td", fault === null ? say("not asked") : fault(), "wrong"));
  }
  return line;
}

/** Take a file's text and ask for it. */
async function takeFile(file) {
  if (file === undefined) return;
  many.file = file;
  let bytes = null;
  try {
    bytes = await file.arrayBuffer();
  } catch {
    // a folder, or a file that is gone
  }
  if (many.file !== file) return;
  if (bytes === null) {
    many.fault = () => say("unreadable file", { name: shortened(file.name) });
    drawMany();
  } else {
    byId("table").value = textOf(bytes);
    await askForMany();
  }
}

/** Return a file's text: in UTF-16 if it says so, in UTF-8, or in what spreadsheets write for Spanish where it is neither. */
function textOf(bytes) {
  const mark = String(new Uint8Array(bytes.slice(0, 2)));
  if (mark === "255,254" || mark === "254,255") {
    return new TextDecoder(mark === "255,254" ? "utf-16le" : "utf-16be", { ignoreBOM: true }).decode(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function goldenTable() {
  const names = FIELDS.map((field) => field.name);
  return writeCsv([names, ...facts.golden.map((flight) => names.map((name) => flight[name]))], ",");
}

function startTable() {
  const drop = byId("drop");
  draw(drawMany);
  byId("ask-many").addEventListener("click", askForMany);
  byId("stop").addEventListener("click", () => many.stopper.abort());
  byId("download").addEventListener("click", () => save(`${facts.version}.csv`, "text/csv", resultsOf(many.table)));
  byId("example-table").addEventListener("click", () => (byId("table").value = goldenTable()));
  byId("file").addEventListener("change", (event) => {
    takeFile(event.target.files[0]);
    event.target.value = "";
  });
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    takeFile(event.dataTransfer.files[0]);
  });
}
