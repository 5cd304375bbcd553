import { ByteReader } from "./reader.js";

/** Opcodes that stand for a family, told apart by a number behind them. */
export const SIMD = 0xfd;
const NUMERIC_AND_BULK = 0xfc;

/** SIMD opcodes from here on are relaxed: their results may differ between machines. */
export const FIRST_RELAXED = 0x100;

/** One instruction: its opcode and, for an opcode that stands for a family, the member. */
export interface Instruction {
  readonly opcode: number;
  readonly member: number;
}

/**
 * The instructions of a function body. Knows what immediates follow the instructions of WebAssembly 2.0 without
 * references; throws on anything else, so that no byte is taken for an opcode that is none.
 */
export function* decode(body: Uint8Array): Generator<Instruction> {
  const reader = new ByteReader(body);
  while (!reader.done) {
    const opcode = reader.byte();
    const member = opcode === SIMD || opcode === NUMERIC_AND_BULK ? reader.leb() : 0;
    yield { opcode, member };
    if (opcode === SIMD) skipSimdImmediates(reader, member);
    else if (opcode === NUMERIC_AND_BULK) skipBulkImmediates(reader, member);
    else skipImmediates(reader, opcode);
  }
}

function skipImmediates(reader: ByteReader, opcode: number): void {
  if (opcode >= 0x45 && opcode <= 0xc4) return; // comparisons, arithmetic, conversions
  if (opcode >= 0x28 && opcode <= 0x3e) return skipLebs(reader, 2); // loads and stores: alignment, offset
  if (opcode >= 0x20 && opcode <= 0x24) return skipLebs(reader, 1); // locals and globals
  if ([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b].includes(opcode)) return; // unreachable nop else end return drop select
  if ([0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10].includes(opcode)) return skipLebs(reader, 1); // block loop if br br_if call
  if (opcode === 0x0e) return skipLebs(reader, reader.leb() + 1); // br_table
  if (opcode === 0x11) return skipLebs(reader, 2); // call_indirect
  if (opcode === 0x3f || opcode === 0x40) return skipLebs(reader, 1); // memory.size, memory.grow
  if (opcode === 0x41 || opcode === 0x42) return skipLebs(reader, 1); // i32.const, i64.const
  if (opcode === 0x43) return void reader.bytes(4); // f32.const
  if (opcode === 0x44) return void reader.bytes(8); // f64.const
  throw new Error(`unknown opcode 0x${opcode.toString(16)}`);
}

function skipSimdImmediates(reader: ByteReader, member: number): void {
  if (member <= 11 || member === 92 || member === 93)
    skipLebs(reader, 2); // loads and stores
  else if (member === 12 || member === 13)
    reader.bytes(16); // v128.const, i8x16.shuffle
  else if (member >= 21 && member <= 34)
    reader.byte(); // a lane
  else if (member >= 84 && member <= 91) {
    skipLebs(reader, 2); // loads and stores of a lane
    reader.byte();
  }
}

function skipBulkImmediates(reader: ByteReader, member: number): void {
  if (member <= 7) return; // saturating conversions
  if (member === 10) return skipLebs(reader, 2); // memory.copy
  if (member === 11) return skipLebs(reader, 1); // memory.fill
  throw new Error(`unknown opcode 0xfc ${member}`);
}

function skipLebs(reader: ByteReader, count: number): void {
  for (; count > 0; count--) reader.leb();
}
