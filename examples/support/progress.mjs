const width = 30;

/** A bar that grows to `total` on a terminal; elsewhere, nothing. `end` leaves the line empty. */
export function showProgress(terminal, total) {
  if (!terminal.isTTY) return { update() {}, end() {} };
  return {
    update(done, note) {
      const filled = Math.round((width * done) / total);
      const bar = "#".repeat(filled) + "-".repeat(width - filled);
      terminal.write(`\r[${bar}] ${String(Math.round((100 * done) / total)).padStart(3)} %  ${note}\x1b[K`);
    },
    end() {
      terminal.write("\r\x1b[K");
    },
  };
}
