/* A probability on a line from 0 to 100 %, with the version's threshold and base rate. */

const [SCALE_WIDTH, SCALE_TOP, SCALE_HEIGHT] = [320, 22, 16];

/** Return the picture; baseRate null leaves it out. */
function scaleOf(probability, threshold, baseRate) {
  const places = { probability: percent(probability), threshold: percent(threshold), base: baseRate === null ? "" : percent(baseRate) };
  const bottom = SCALE_TOP + SCALE_HEIGHT;
  const picture = drawn("svg", { class: "scale", viewBox: `0 0 ${SCALE_WIDTH} ${baseRate === null ? bottom : bottom + 22}`, role: "img" });
  picture.setAttribute("aria-label", say(baseRate === null ? "scale" : "scale with base", places));
  picture.append(
    drawn("rect", { class: "track", x: 0, y: SCALE_TOP, width: SCALE_WIDTH, height: SCALE_HEIGHT, rx: 3 }),
    drawn("rect", { class: "bar", x: 0, y: SCALE_TOP, width: SCALE_WIDTH * probability, height: SCALE_HEIGHT, rx: 3 }),
    ...markOf("mark", "", threshold, SCALE_TOP - 6, bottom, SCALE_TOP - 10, say("threshold mark", places)),
  );
  if (baseRate !== null) {
    picture.append(...markOf("base", "faintly", baseRate, SCALE_TOP, bottom + 6, bottom + 19, say("base mark", places)));
  }
  return picture;
}

function markOf(kind, textKind, share, top, bottom, textAt, text) {
  const x = SCALE_WIDTH * share;
  const anchor = share < 0.5 ? "start" : "end";
  const label = drawn("text", { class: textKind, x: share < 0.5 ? x - 1 : x + 1, y: textAt, "text-anchor": anchor });
  label.textContent = text;
  return [drawn("line", { class: kind, x1: x, x2: x, y1: top, y2: bottom }), label];
}

function drawn(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
