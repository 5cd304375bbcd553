// A batch of photographs, each colour of each normalised by itself: what light and camera did to them is gone, what they
// show stays. Writes the tensor to out/photographs.npy, and pictures from before and after to out/photographs.png.
//
//   npm run build && node examples/photographs.mjs [picture.png ...]
//
// Takes your own PNG files, of one size, or else draws one scene as four cameras might have seen it.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decode, encode } from "fast-png";
import { instanceNorm, Moments } from "lanenorm";
import { writeNpy } from "lanenorm/io";
import { drawScene, lights } from "./support/scene.mjs";
import { explain, result, title } from "./support/text.mjs";

const out = fileURLToPath(new URL("out/", import.meta.url));
const paths = process.argv.slice(2);
const pictures = paths.length > 0 ? paths.map(readPicture) : lights.map((light) => drawScene(160, 120, light));
const names = paths.length > 0 ? paths : lights.map(({ name }) => name);

title("Photographs, normalised per channel");
const x = tensorOf(pictures);
const y = instanceNorm(x);
explain(`Pictures of shape [${x.shape}]; mean and deviation of their red, green and blue:`);
for (const [index, name] of names.entries()) {
  result(`${name}, before`, describe(x, index));
  result(`${name}, after`, describe(y, index));
}

mkdirSync(out, { recursive: true });
writeFileSync(`${out}photographs.npy`, writeNpy(y));
writeFileSync(`${out}photographs.png`, sheetOf(pictures, picturesOf(y)));
explain(
  "\nexamples/out/photographs.npy holds the result, examples/out/photographs.png both: before above, after below.",
);

/** { width, height, data: red, green, blue of every pixel, 0 to 255 }. */
function readPicture(path) {
  const { width, height, data, channels, depth } = decode(readFileSync(path));
  const colours = channels >= 3 ? [0, 1, 2] : [0, 0, 0];
  const scale = 255 / (2 ** depth - 1);
  const pixels = Array.from({ length: width * height }, (_, pixel) => pixel * channels);
  return { width, height, data: Uint8Array.from(pixels.flatMap((at) => colours.map((c) => scale * data[at + c]))) };
}

/** [N, 3, H, W], as networks take pictures. */
function tensorOf(pictures) {
  const [{ width, height }] = pictures;
  if (pictures.some((picture) => picture.width !== width || picture.height !== height)) {
    throw new Error("the pictures must be of one size");
  }
  const planes = pictures.flatMap(({ data }) => [0, 1, 2].map((channel) => data.filter((_, i) => i % 3 === channel)));
  const data = new Float32Array(planes.length * width * height);
  for (const [index, plane] of planes.entries()) data.set(plane, index * plane.length);
  return { data, shape: [pictures.length, 3, height, width] };
}

/** Back to 0 to 255: the mean becomes grey, and five standard deviations span the range. */
function picturesOf({ data, shape: [count, channels, height, width] }) {
  return Array.from({ length: count }, (_, index) => {
    const pixels = new Uint8ClampedArray(width * height * channels);
    for (let i = 0; i < pixels.length; i++) {
      const [pixel, channel] = [Math.floor(i / channels), i % channels];
      pixels[i] = 128 + 51 * data[(index * channels + channel) * width * height + pixel];
    }
    return { width, height, data: pixels };
  });
}

/** "120 +- 33, ..." of each colour of a picture. */
function describe({ data, shape: [, channels, height, width] }, index) {
  const size = height * width;
  const picture = data.subarray(index * channels * size, (index + 1) * channels * size);
  const moments = Moments.of({ data: picture, shape: [channels, size] }, [1]);
  const deviations = moments.variance().map(Math.sqrt);
  // Adding 0 leaves no -0.
  return Array.from(moments.mean, (mean, c) => `${Math.round(mean) + 0} +- ${Math.round(deviations[c])}`).join(", ");
}

/** A PNG of rows of pictures side by side. */
function sheetOf(...rows) {
  const gap = 4;
  const [{ width, height }] = rows[0];
  const sheet = { width: rows[0].length * (width + gap) - gap, height: rows.length * (height + gap) - gap };
  const data = new Uint8Array(3 * sheet.width * sheet.height).fill(255);
  for (const [row, pictures] of rows.entries()) {
    for (const [column, picture] of pictures.entries()) {
      for (let line = 0; line < height; line++) {
        const at = (row * (height + gap) + line) * sheet.width + column * (width + gap);
        data.set(picture.data.subarray(3 * line * width, 3 * (line + 1) * width), 3 * at);
      }
    }
  }
  return encode({ ...sheet, data, channels: 3, depth: 8 });
}
