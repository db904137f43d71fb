/* Many flights: which of a table's rows are flights, and their answers, asked for in bounded requests. */

const FLIGHTS_PER_REQUEST = 500;
const BUSY = [429, 503];
const TRIES_WHEN_BUSY = 3;
const LONGEST_TABLE_CHARACTERS = 20_000_000;
const RESULT_COLUMNS = ["delay_probability", "delayed", "model_version", "error"];

/**
 * Read a table of flights.
 *
 * Returns {delimiter, hasMark, columns, unused, rows} or {fault}, a function that says what is wrong with the table.
 * A row is {number, cells, flight, fault, answer}: its number in the table, where the columns' names are row 1, and a
 * function that says what is wrong with it, or null.
 */
function tableOf(text) {
  if (text.length > LONGEST_TABLE_CHARACTERS) {
    return { fault: () => say("large table", { most: `${count(LONGEST_TABLE_CHARACTERS / 1_000_000)} MB` }) };
  }
  const { delimiter, hasMark, records, openQuote } = readCsv(text);
  if (openQuote !== undefined) return { fault: () => say("open quote", { row: count(openQuote) }) };
  const first = records.findIndex((record) => record.length > 0);
  const columns = (records[first] ?? []).map((name) => name.trim());
  const numbered = records.map((cells, index) => ({ number: index + 1, cells })).filter(({ cells }) => cells.length > 0).slice(1);
  if (numbered.length === 0) return { fault: () => say("empty table") };
  for (const { name } of FIELDS) {
    const times = columns.filter((column) => column === name).length;
    if (times === 0) return { fault: () => say("column missing", { field: name, columns: shortened(columns.join(", ")) }) };
    if (times > 1) return { fault: () => say("column twice", { field: name }) };
  }
  const places = FIELDS.map((field) => [field, columns.indexOf(field.name)]);
  const rows = numbered.map(({ number, cells }) => rowOf(number, cells, columns.length, places));
  const isSent = (column) => FIELDS.some((field) => field.name === column);
  return { delimiter, hasMark, columns, rows, unused: columns.filter((column) => column !== "" && !isSent(column) && !RESULT_COLUMNS.includes(column)) };
}

function rowOf(number, cells, width, places) {
  const flight = Object.fromEntries(places.map(([field, place]) => [field.name, (cells[place] ?? "").trim()]));
  const faults = places.map(([field]) => faultOf(field, flight[field.name])).filter((fault) => fault !== null);
  const widthFault = () => say("cells", { count: count(cells.length), expected: count(width) });
  if (cells.length !== width) faults.unshift(widthFault);
  const fault = faults.length === 0 ? null : () => faults.map((each) => each()).join(" ");
  return { number, cells, flight, fault, answer: null };
}

/**
 * Ask for every row without a fault, one bounded request after the other.
 *
 * Rows get their answer, or the service's own sentence as their fault. Calls progressed with how many rows are through.
 * Returns the reply that kept the rest from being asked, null if none did.
 */
async function askForAll(rows, signal, progressed) {
  const waiting = rows.filter((row) => row.fault === null);
  let [through, tries] = [rows.length - waiting.length, 0];
  progressed(through);
  while (waiting.length > 0 && !signal.aborted) {
    const chunk = waiting.slice(0, FLIGHTS_PER_REQUEST);
    const reply = await ask(JSON.stringify(requestOf(chunk.map((row) => row.flight))), token(), signal);
    const answers = reply.status === 200 ? answersOf(reply.object, chunk.length) : null;
    const refused = refusedRow(reply, chunk);
    if (answers !== null) {
      chunk.forEach((row, index) => (row.answer = answers[index]));
      waiting.splice(0, chunk.length);
      [through, tries] = [through + chunk.length, 0];
    } else if (refused !== null) {
      refused.fault = () => reply.sentence;
      waiting.splice(waiting.indexOf(refused), 1);
      through += 1;
    } else if (BUSY.includes(reply.status) && (tries += 1) <= TRIES_WHEN_BUSY) {
      await new Promise((resume) => {
        setTimeout(resume, 1000 * (reply.retryAfterSeconds || 1));
        signal.addEventListener("abort", resume);
      });
    } else {
      return reply;
    }
    progressed(through);
  }
  return null;
}

/** Return the row that a refusal names, null if it names none. */
function refusedRow({ status, sentence }, chunk) {
  const named = status === 400 ? /^[^:]+, row (\d+): /.exec(sentence) : null;
  return named === null ? null : (chunk[Number(named[1])] ?? null);
}

/** Return the table with its answers, as CSV of the same kind. */
function resultsOf({ delimiter, hasMark, columns, rows }) {
  const kept = columns.map((column, place) => [column, place]).filter(([column]) => !RESULT_COLUMNS.includes(column));
  const records = rows.map(({ cells, answer, fault }) => [
    ...kept.map(([, place]) => cells[place] ?? ""),
    ...(answer === null ? ["", "", ""] : [String(answer.probability), String(answer.delayed), facts.version]),
    fault === null ? "" : fault(),
  ]);
  return `${hasMark ? "\ufeff" : ""}${writeCsv([[...kept.map(([column]) => column), ...RESULT_COLUMNS], ...records], delimiter)}`;
}
