/**
 * Every error the library throws on purpose. The message is always
 * `function: argument expectation, got what came`, and the parts are there as properties.
 */
export class LanenormError extends Error {
  override readonly name: string = "LanenormError";
  /** The public function (or method, or command) that was called. */
  readonly functionName: string;
  /** The argument at fault, as the caller knows it. */
  readonly argument: string;
  /** What was expected, as a phrase: `must have shape [768]`. */
  readonly expected: string;
  /** What came instead. */
  readonly got: string;

  constructor(functionName: string, argument: string, expected: string, got: string) {
    super(`${functionName}: ${argument} ${expected}, got ${got}`);
    this.functionName = functionName;
    this.argument = argument;
    this.expected = expected;
    this.got = got;
  }
}

/** A shape that does not fit: rank, sizes, or a product that is not the data's length. */
export class ShapeError extends LanenormError {
  override readonly name = "ShapeError";
}

/** A dtype or typed array the function does not take. */
export class DTypeError extends LanenormError {
  override readonly name = "DTypeError";
}

/** Any other argument that makes no sense: a NaN eps, a tensor of another engine, an overlapping `out`. */
export class ArgumentError extends LanenormError {
  override readonly name = "ArgumentError";
}

/** A tensor or an engine that was used after `dispose()`. */
export class DisposedError extends LanenormError {
  override readonly name = "DisposedError";
}

/** Linear memory could not be had: over `maximumBytes`, over the platform's limit, or a foreign allocator refused. */
export class OutOfMemoryError extends LanenormError {
  override readonly name = "OutOfMemoryError";
}

/** Parameters that the other layer cannot hold without changing the result. */
export class NotConvertibleError extends LanenormError {
  override readonly name = "NotConvertibleError";
}

/** A file that is truncated, lies about itself, or is of another kind. */
export class FormatError extends LanenormError {
  override readonly name = "FormatError";
}

/** Something this platform or this engine's settings do not allow. */
export class UnsupportedError extends LanenormError {
  override readonly name = "UnsupportedError";
}
