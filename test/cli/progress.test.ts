import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { progressLine, showProgress } from "../../src/cli/progress.js";

describe("the line", () => {
  it.each([
    [0, "[------------------------]   0 %  0 B/s"],
    [1e9, "[######------------------]  25 %  500.0 MB/s  6.0 s left"],
    [4e9, "[########################] 100 %  2.0 GB/s  0.0 s left"],
    [5e9, "[########################] 100 %  2.5 GB/s  0.0 s left"],
  ])("after %d of 4e9 bytes in two seconds", (done, line) => expect(progressLine(done, 4e9, 2)).toBe(line));
});

describe("the bar", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function terminal(isTTY: boolean) {
    const written: string[] = [];
    const stream = new Writable({ write: (text, _, done) => (written.push(String(text)), done()) });
    return { terminal: Object.assign(stream, { isTTY }), written };
  }

  it("appears on a terminal when work is long, and leaves an empty line", () => {
    const { terminal: stream, written } = terminal(true);
    let done = 0;
    const end = showProgress(stream, 100, () => done);
    vi.advanceTimersByTime(250);
    expect(written).toEqual([]);
    done = 50;
    vi.advanceTimersByTime(250);
    expect(written.at(-1)).toMatch(/^\r\[############------------\] {2}50 % .* left\x1b\[K$/);
    end();
    expect(written.at(-1)).toBe("\r\x1b[K");
    const { length } = written;
    vi.advanceTimersByTime(1000);
    expect(written).toHaveLength(length);
  });

  it("writes nothing for short work", () => {
    const { terminal: stream, written } = terminal(true);
    showProgress(stream, 100, () => 0)();
    expect(written).toEqual([]);
  });

  it("writes nothing to a file or a pipe", () => {
    const { terminal: stream, written } = terminal(false);
    const end = showProgress(stream, 100, () => 50);
    vi.advanceTimersByTime(1000);
    end();
    expect(written).toEqual([]);
  });
});
