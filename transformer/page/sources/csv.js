/* Tables as CSV (RFC 4180), read from whatever programs write and written so that no program runs what is in a cell. */

const DELIMITERS = [",", ";", "\t"];

/**
 * Read a table.
 *
 * Returns {delimiter, hasMark, records}: records are lists of cells, a line of blanks and delimiters is an empty list; or {openQuote}, the
 * row, counted from 1, in which a quotation mark is opened that nothing closes.
 */
function readCsv(text) {
  const hasMark = text.startsWith("\ufeff");
  const whole = hasMark ? text.slice(1) : text;
  const delimiter = delimiterOf(whole);
  const records = [];
  let [record, cell, at] = [[], "", 0];
  const endRecord = () => {
    record.push(cell);
    records.push(record.every((each) => each.trim() === "") ? [] : record);
    [record, cell] = [[], ""];
  };
  while (at < whole.length) {
    const sign = whole[at];
    if (sign === '"' && cell === "") {
      const [inside, after] = quotedCell(whole, at + 1);
      if (after === null) return { openQuote: records.length + 1 };
      [cell, at] = [inside, after];
    } else if (sign === delimiter) {
      record.push(cell);
      [cell, at] = ["", at + 1];
    } else if (sign === "\n" || sign === "\r") {
      endRecord();
      at = afterLineEnd(whole, at);
    } else {
      cell += sign;
      at += 1;
    }
  }
  if (record.length > 0 || cell !== "") endRecord();
  return { delimiter, hasMark, records };
}

/** Write records as CSV with CRLF. */
function writeCsv(records, delimiter) {
  return records.map((record) => `${record.map((cell) => writtenCell(cell, delimiter)).join(delimiter)}\r\n`).join("");
}

function writtenCell(cell, delimiter) {
  // a spreadsheet takes these for the beginning of a formula, and would run it; a number is none
  const harmless = /^[=+\-@\t\r]/.test(cell) && !/^[+-]?\d+([.,]\d+)?$/.test(cell) ? `'${cell}` : cell;
  return harmless.includes(delimiter) || /["\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function delimiterOf(text) {
  const head = (/[^\r\n]+/.exec(text)?.[0] ?? "").replace(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => head.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

/** Return the content of a quoted cell that begins at a place, and the place behind it, null if it has no end. */
function quotedCell(text, from) {
  let [content, at] = ["", from];
  for (;;) {
    const end = text.indexOf('"', at);
    if (end < 0) return [content, null];
    content += text.slice(at, end);
    if (text[end + 1] !== '"') return [content, end + 1];
    content += '"';
    at = end + 2;
  }
}

function afterLineEnd(text, at) {
  return at + (text.startsWith("\r\n", at) ? 2 : 1);
}
