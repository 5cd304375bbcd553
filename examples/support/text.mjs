const lineLength = 80;

/** A title above others: a rule of "=" below, and space above. */
export function title(text) {
  underlined(text, "=");
}

/** A title of a part: a rule of "-" below, and space above. */
export function heading(text) {
  underlined(text, "-");
}

function underlined(text, rule) {
  console.log(`\n${text}\n${rule.repeat(text.length)}`);
}

/** A paragraph, in lines that fit a terminal. */
export function explain(text) {
  console.log(wrap(text, ""));
}

/** A label and what was found beside it. */
export function result(label, value) {
  const text = typeof value === "number" ? shortNumber(value) : value;
  console.log(wrap(`    ${label.padEnd(24)}  ${text}`, " ".repeat(30)));
}

function shortNumber(value) {
  if (value === 0) return "0";
  return value < 0.01 ? value.toExponential(1) : value.toFixed(2);
}

/** Breaks at spaces; lines after the first begin with `indent`. A word that is too long has a line to itself. */
function wrap(text, indent) {
  const [first, ...words] = text.split(/(?<=\S) (?=\S)/);
  const lines = [first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length <= lineLength) lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  }
  return lines.join("\n");
}
