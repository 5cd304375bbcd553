// Balls on a tiled floor under a sky, by tracing a ray for each pixel; and what light and camera make of them.

/** Colours are multiplied by `gain`, compressed to `contrast` of their range, and lifted by `haze`, per channel. */
export const lights = [
  { name: "noon", gain: [1, 1, 1], contrast: 1, haze: [0, 0, 0] },
  { name: "lamp", gain: [1.15, 0.75, 0.4], contrast: 0.8, haze: [0.02, 0.01, 0] },
  { name: "fog", gain: [0.9, 0.95, 1], contrast: 0.3, haze: [0.55, 0.57, 0.6] },
  { name: "dusk", gain: [0.28, 0.3, 0.5], contrast: 0.9, haze: [0.01, 0.01, 0.04] },
];

const balls = [
  { centre: [-1.1, 0.7, 4.2], radius: 0.7, colour: [0.9, 0.25, 0.2] },
  { centre: [0.5, 1, 5.2], radius: 1, colour: [0.95, 0.8, 0.25] },
  { centre: [1.2, 0.4, 3.2], radius: 0.4, colour: [0.2, 0.45, 0.9] },
];
const sun = normalised([-0.5, 0.8, -0.45]);
const eye = [0, 1.2, 0];

/** { width, height, data: red, green, blue of every pixel, 0 to 255 } of the scene in a light. */
export function drawScene(width, height, { gain, contrast, haze }) {
  const data = new Uint8ClampedArray(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const direction = normalised([(x - width / 2) / height, (height / 2 - y) / height - 0.1, 1]);
      const colour = colourAlong(eye, direction);
      for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = 255 * (contrast * gain[c] * colour[c] + haze[c]);
    }
  }
  return { width, height, data };
}

function colourAlong(from, direction) {
  const hit = nearest(from, direction);
  if (!hit) return sky(direction);
  const { point, normal, colour } = hit;
  const lit = nearest(point, sun) ? 0 : Math.max(0, dot(normal, sun));
  return colour.map((value) => value * (0.25 + 0.75 * lit));
}

function sky([, up]) {
  const height = Math.sqrt(Math.max(0, up));
  return [0.85 - 0.5 * height, 0.9 - 0.3 * height, 0.97];
}

function nearest(from, direction) {
  const hits = [floorHit(from, direction), ...balls.map((ball) => ballHit(ball, from, direction))];
  return hits.reduce((best, hit) => (hit && (!best || hit.distance < best.distance) ? hit : best), undefined);
}

function floorHit(from, direction) {
  const distance = -from[1] / direction[1];
  if (!(distance > 1e-4) || distance > 60) return undefined;
  const point = along(from, direction, distance);
  const isLight = (Math.floor(point[0]) + Math.floor(point[2])) % 2 === 0;
  return { distance, point, normal: [0, 1, 0], colour: isLight ? [0.85, 0.83, 0.8] : [0.4, 0.45, 0.42] };
}

function ballHit({ centre, radius, colour }, from, direction) {
  const offset = from.map((value, axis) => value - centre[axis]);
  const middle = -dot(offset, direction);
  const square = middle ** 2 - dot(offset, offset) + radius ** 2;
  const distance = middle - Math.sqrt(square);
  if (!(distance > 1e-4)) return undefined;
  const point = along(from, direction, distance);
  return { distance, point, normal: point.map((value, axis) => (value - centre[axis]) / radius), colour };
}

function along(from, direction, distance) {
  return from.map((value, axis) => value + distance * direction[axis]);
}

function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function normalised(vector) {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}
