/* The fields of a flight as this version has them, and what is wrong with a value before it is sent. */

const facts = JSON.parse(document.getElementById("facts").textContent);
const FIELDS = facts.fields.map((field) => ({ ...field, pattern: new RegExp(field.pattern, "u") }));

/** Return what is wrong with a field's value, as a function that says it in the page's language; null if nothing is. */
function faultOf(field, value) {
  if (field.pattern.test(value)) return null;
  const key = value === "" ? "missing" : "wrong";
  return () => say(key, { field: field.name, value: shortened(value), requirement: say(`must ${field.name}`) });
}

/** Return whether training knew a value; of a field without a vocabulary, it knows all. */
function isKnown(field, value) {
  return !(field.name in facts.vocabulary) || facts.vocabulary[field.name].includes(value);
}

function shortened(value) {
  return value.length > 64 ? `${value.slice(0, 64)}…` : value;
}
