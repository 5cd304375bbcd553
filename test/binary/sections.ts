import { ByteReader } from "./reader.js";

/** Section numbers of the core specification, 5.5.2. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** Kinds of imports and exports, by their number in the binary. */
const KINDS = ["function", "table", "memory", "global", "tag"];

export interface Section {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
}

export interface Export {
  readonly name: string;
  readonly kind: string;
}

/** The sections of a module in their order. */
export function readSections(wasm: Uint8Array): Section[] {
  const reader = new ByteReader(wasm);
  const header = [...reader.bytes(8)];
  if (String(header) !== String([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
    throw new Error(`no WebAssembly module: ${header}`);
  const sections: Section[] = [];
  while (!reader.done) {
    const id = reader.byte();
    sections.push({ id, bytes: reader.bytes(reader.leb()) });
  }
  return sections;
}

/** What a module imports. Only memories are understood beyond their names: whatever else comes is refused. */
export function readImports(section: Section): Import[] {
  return readVector(section, (reader) => {
    const [module, name, kind] = [reader.name(), reader.name(), KINDS[reader.byte()]];
    if (kind !== "memory") throw new Error(`${module}.${name} is a ${kind}, not a memory`);
    const hasMaximum = (reader.byte() & 1) !== 0;
    reader.leb();
    if (hasMaximum) reader.leb();
    return { module, name, kind };
  });
}

export function readExports(section: Section): Export[] {
  return readVector(section, (reader) => {
    const [name, kind] = [reader.name(), KINDS[reader.byte()]];
    reader.leb();
    return { name, kind };
  });
}

/** The functions' instructions, without their locals. */
export function readBodies(section: Section): Uint8Array[] {
  return readVector(section, (reader) => {
    const body = new ByteReader(reader.bytes(reader.leb()));
    for (let groups = body.leb(); groups > 0; groups--) {
      body.leb();
      body.byte();
    }
    return body.rest();
  });
}

function readVector<Item>({ bytes }: Section, read: (reader: ByteReader) => Item): Item[] {
  const reader = new ByteReader(bytes);
  const items = Array.from({ length: reader.leb() }, () => read(reader));
  if (!reader.done) throw new Error("a section is longer than what it holds");
  return items;
}
