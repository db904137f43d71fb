/* Starts the page: the words that are in the document already, the version, then the two ways to ask. */

function drawWords() {
  document.documentElement.lang = language;
  document.title = say("page title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
}

function drawVersion() {
  const entries = [
    ["version", facts.version],
    ["threshold", percent(facts.threshold)],
    ...(facts.baseRate === null ? [] : [["base rate", percent(facts.baseRate)]]),
  ];
  byId("version").replaceChildren(
    ...entries.map(([key, value]) => {
      const entry = made("div");
      entry.append(made("dt", say(key)), made("dd", value));
      return entry;
    }),
  );
}

byId("model").textContent = facts.model;
draw(drawWords);
draw(drawVersion);
startForm();
startTable();
draw(drawToken);
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => speak(button.dataset.language));
}
