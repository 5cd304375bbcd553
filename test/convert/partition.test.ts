import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type Axis,
  groupCount,
  groupSize,
  isSamePartition,
  type Partition,
  partitionBy,
  refines,
} from "../../src/convert/partition.js";
import { refinesByEnumeration } from "./support.js";

const elements = 72;

/** A partition of 72 elements along any factors, in any order, each apart or together: finer cuts than layers make. */
const partitions: fc.Arbitrary<Partition> = fc
  .tuple(
    fc.shuffledSubarray([2, 2, 2, 3, 3], { minLength: 5 }),
    fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    fc.nat(31),
  )
  .map(([factors, flags, merges]) => {
    const extents = factors.reduce<number[]>((list, factor, index) => {
      if (index > 0 && (merges >> (index - 1)) & 1) list[list.length - 1] *= factor;
      else list.push(factor);
      return list;
    }, []);
    let stride = elements;
    const axes: Axis[] = [1, ...extents].map((extent, position) => ({
      position,
      name: "",
      extent,
      stride: (stride /= extent),
    }));
    return partitionBy(
      axes.filter((_, index) => flags[index % 5]),
      axes.filter((_, index) => !flags[index % 5]),
    );
  });

function enumerate({ apart }: Partition): number[] {
  return Array.from({ length: elements }, (_, index) =>
    apart.reduce((group, { extent, stride }) => group * extent + (Math.floor(index / stride) % extent), 0),
  );
}

it("refines is what enumeration finds, wherever the axes are cut", () => {
  fc.assert(
    fc.property(partitions, partitions, (fine, coarse) => {
      expect(refines(fine, coarse)).toBe(refinesByEnumeration(enumerate(fine), enumerate(coarse)));
    }),
    { numRuns: 20_000 },
  );
});

it("every partition is the same as itself, and has groups of one size", () => {
  fc.assert(
    fc.property(partitions, (partition) => {
      expect(isSamePartition(partition, partition)).toBe(true);
      expect(groupCount(partition)).toBe(new Set(enumerate(partition)).size);
      expect(groupCount(partition) * groupSize(partition)).toBe(elements);
    }),
  );
});
