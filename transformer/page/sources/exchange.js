/* A v2 request to this version, its answer, and the same request for a terminal and for Python. */

const VERSION_PATH = `${location.pathname.replace(/(\/versions\/[^/]+)?\/page$/, "")}/versions/${encodeURIComponent(facts.version)}`;
const LONGEST_SENTENCE = 300;
const INFER_URL = new URL(`${VERSION_PATH}/infer`, location.origin).href;

/** Return the request for flights: objects with a text for each field. */
function requestOf(flights) {
  return {
    inputs: FIELDS.map((field) => ({
      name: field.name,
      shape: [flights.length],
      datatype: field.datatype,
      data: flights.map((flight) => flight[field.name]),
    })),
  };
}

/** Return an object as JSON for people: a line for each tensor. */
function laidOut(object) {
  const members = Object.entries(object).map(([key, value]) => {
    const isTensors = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "object");
    const items = () => value.map((item) => `\n    ${onOneLine(item)}`).join(",");
    return `  ${JSON.stringify(key)}: ${isTensors ? `[${items()}\n  ]` : onOneLine(value)}`;
  });
  return `{\n${members.join(",\n")}\n}`;
}

/**
 * Post a request; never throws.
 *
 * Returns {status, object, sentence, retryAfterSeconds}: status 0 if nobody answered, object null if it was not JSON,
 * sentence what the service or the browser says is wrong.
 */
async function ask(body, token, signal) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  try {
    const response = await fetch(INFER_URL, { method: "POST", headers, body, signal, credentials: "same-origin", cache: "no-store" });
    const text = await response.text();
    const object = parsed(text);
    const sentence = response.ok ? "" : typeof object?.error === "string" ? object.error : excerpt(text.trim());
    return { status: response.status, object, sentence, retryAfterSeconds: Number(response.headers.get("retry-after")) };
  } catch (error) {
    return { status: 0, object: null, sentence: error.message, retryAfterSeconds: 0 };
  }
}

/** Return n answers, {probability, delayed}, or null if the object is none of the service's answers. */
function answersOf(object, n) {
  const output = (name) => object?.outputs?.find?.((each) => each.name === name)?.data ?? [];
  const [probabilities, flags] = [output("delay_probability"), output("delayed")];
  const isWhole = probabilities.length === n && flags.length === n && probabilities.every(Number.isFinite);
  return isWhole ? probabilities.map((probability, row) => ({ probability, delayed: flags[row] })) : null;
}

/** Return the request as a command; the token stays out of it. */
function curlOf(body, hasToken) {
  const lines = [`curl -sS ${quoted(INFER_URL)}`, `-H ${quoted("content-type: application/json")}`];
  if (hasToken) lines.push('-H "authorization: Bearer $TOKEN"');
  return `${[...lines, `-d ${quoted(body)}`].join(" \\\n  ")}\n`;
}

/** Return the request as a program that needs nothing but Python; the token stays out of it. */
function pythonOf(body, hasToken) {
  const authorization = hasToken ? ', "authorization": "Bearer " + os.environ["TOKEN"]' : "";
  return [
    "import json",
    ...(hasToken ? ["import os"] : []),
    "from urllib.request import Request, urlopen",
    "",
    `flights = ${body}`,
    "request = Request(",
    `    ${JSON.stringify(INFER_URL)},`,
    "    json.dumps(flights).encode(),",
    `    {"content-type": "application/json"${authorization}},`,
    ")",
    "with urlopen(request) as answer:",
    "    print(json.dumps(json.load(answer), indent=2))",
    "",
  ].join("\n");
}

/** Return the beginning of what is no sentence of the service: a proxy's page, say. */
function excerpt(text) {
  return text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE)}…` : text;
}

function onOneLine(value) {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${onOneLine(each)}`).join(", ")}}`;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
