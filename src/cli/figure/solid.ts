import { sizeOf } from "../../shape.js";
import type { Point } from "./svg.js";
import { type Ticks, ticksOf } from "./ticks.js";

/** A face of a solid: two axes, where a point of it is, and which element is at two indices. */
export interface Face {
  readonly name: "top" | "left" | "right";
  readonly across: Ticks;
  readonly along: Ticks;
  readonly at: (across: number, along: number) => Point;
  readonly elementAt: (across: number, along: number) => number;
}

/** A tensor `[N, C, ...spatial]` as a solid on paper. */
export interface Solid {
  /** The three faces that are seen. */
  readonly faces: readonly Face[];
  /** The corner that is nearest, and the three edges that meet there. */
  readonly corner: Point;
  readonly edges: readonly Point[];
  /** The six corners around it all. */
  readonly ring: readonly Point[];
  /** The element at the nearest corner, which is on all three faces. */
  readonly nearest: number;
  /** The middles of the outer edges along which each axis runs. */
  readonly middles: { readonly channels: Point; readonly samples: Point; readonly locations: Point };
}

/** The most cells that an axis has. */
const most = { samples: 4, channels: 8, locations: 6 };
/** Width and height of a cell on the upright faces, and how far its upper edge climbs. */
const cell = { width: 19, height: 20, climb: 10 };

function axesOf([samples, channels, ...spatial]: readonly number[]) {
  return {
    samples: ticksOf(samples!, most.samples),
    channels: ticksOf(channels!, most.channels),
    locations: ticksOf(sizeOf(spatial), most.locations),
  };
}

/** Is the tensor too large to be shown whole? */
export function isCut(shape: readonly number[]): boolean {
  return Object.values(axesOf(shape)).some(({ gap }) => gap !== undefined);
}

/**
 * The solid in the way of Wu and He's figure: channels along the left face, samples along the right one, locations downwards,
 * seen from the corner of the first sample and the last channel. `centre` is the middle of its box.
 */
export function solidOf(shape: readonly number[], [centreX, centreY]: Point): Solid {
  const [, channelCount, ...spatial] = shape as [number, number, ...number[]];
  const locationCount = sizeOf(spatial);
  const { samples, channels, locations } = axesOf(shape);
  const [c, n, l] = [channels.length, samples.length, locations.length];

  const left = centreX - ((c + n) * cell.width) / 2;
  const top = centreY - ((c + n) * cell.climb + l * cell.height) / 2 + n * cell.climb;
  const at = (channel: number, sample: number, location: number): Point => [
    left + (channel + sample) * cell.width,
    top + (channel - sample) * cell.climb + location * cell.height,
  ];
  const elementAt = (channel: number, sample: number, location: number) =>
    (sample * channelCount + channel) * locationCount + location;
  const last = channelCount - 1;
  return {
    faces: [
      {
        name: "top",
        across: channels,
        along: samples,
        at: (channel, sample) => at(channel, sample, 0),
        elementAt: (channel, sample) => elementAt(channel, sample, 0),
      },
      {
        name: "left",
        across: channels,
        along: locations,
        at: (channel, location) => at(channel, 0, location),
        elementAt: (channel, location) => elementAt(channel, 0, location),
      },
      {
        name: "right",
        across: samples,
        along: locations,
        at: (sample, location) => at(c, sample, location),
        elementAt: (sample, location) => elementAt(last, sample, location),
      },
    ],
    corner: at(c, 0, 0),
    edges: [at(0, 0, 0), at(c, n, 0), at(c, 0, l)],
    ring: [at(0, 0, 0), at(0, n, 0), at(c, n, 0), at(c, n, l), at(c, 0, l), at(0, 0, l)],
    nearest: elementAt(last, 0, 0),
    middles: { channels: at(c / 2, 0, l), samples: at(c, n / 2, l), locations: at(0, 0, l / 2) },
  };
}
