// A curve as an SVG picture.

const [width, height] = [640, 400];
const frame = { left: 70, right: 24, top: 56, bottom: 56 };
const ink = "#222222";
const blue = "#0072b2";

/** Values at 0, 1, 2, ... as a line, from 0 up. `title`, and what the axes are. */
export function lineChart({ title, x, y }, values) {
  const [xTicks, yTicks] = [ticks(values.length - 1), ticks(Math.max(...values))];
  const [xEnd, yEnd] = [values.length - 1, Math.max(yTicks.at(-1), ...values)];
  const across = (value) => frame.left + ((width - frame.left - frame.right) * value) / xEnd;
  const up = (value) => height - frame.bottom - ((height - frame.top - frame.bottom) * value) / yEnd;
  const points = values.map((value, index) => `${across(index).toFixed(1)},${up(value).toFixed(1)}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${title}</title>
<style>text { font: 13px Helvetica, Arial, "Liberation Sans", sans-serif; fill: ${ink} }</style>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${width / 2}" y="30" text-anchor="middle" style="font-size: 17px; font-weight: bold">${title}</text>
${yTicks.map((tick) => horizontal(up(tick), tick)).join("\n")}
${xTicks.map((tick) => `<text x="${across(tick)}" y="${height - frame.bottom + 20}" text-anchor="middle">${tick}</text>`).join("\n")}
<text x="${width / 2}" y="${height - 12}" text-anchor="middle">${x}</text>
<text transform="translate(20 ${height / 2}) rotate(-90)" text-anchor="middle">${y}</text>
<polyline points="${points.join(" ")}" fill="none" stroke="${blue}" stroke-width="2.5" stroke-linejoin="round"/>
</svg>
`;
}

function horizontal(y, tick) {
  const stroke = tick === 0 ? ink : "#dddddd";
  return `<line x1="${frame.left}" x2="${width - frame.right}" y1="${y}" y2="${y}" stroke="${stroke}"/>
<text x="${frame.left - 8}" y="${y + 4}" text-anchor="end">${tick}</text>`;
}

/** Some four round numbers from 0 to `end`. */
function ticks(end) {
  const power = 10 ** Math.floor(Math.log10(end / 4));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= end / 5);
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => Number((index * step).toPrecision(3)));
}
