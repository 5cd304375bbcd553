// SVG as strings.

type Attributes = Readonly<Record<string, string | number>>;

/** One element, with children that are SVG already. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(valueText(value))}"`);
  const start = `<${name}${written.join("")}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.join("")}</${name}>`;
}

/** Text at a point. */
export function text(content: string, x: number, y: number, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, [escape(content)]);
}

export type Point = readonly [x: number, y: number];

export function polygon(points: readonly Point[], attributes: Attributes): string {
  return element("polygon", { points: points.map((point) => point.map(valueText).join(",")).join(" "), ...attributes });
}

export function line([x1, y1]: Point, [x2, y2]: Point, attributes: Attributes): string {
  return element("line", { x1, y1, x2, y2, ...attributes });
}

/** Text as XML takes it. */
export function escape(content: string): string {
  return content.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

/** Hundredths of a pixel are enough. */
function valueText(value: string | number): string {
  return typeof value === "number" ? String(Math.round(100 * value) / 100) : value;
}
