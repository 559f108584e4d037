/** Between two columns. */
const gap = '  ';

/** Names in files and words of servers could steer a terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

/** Rows as aligned columns, one line each, ending with a line end; the last column is as long as it likes. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  const cells = rows.map((row) => row.map(printable));
  for (const row of cells) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd();
  return cells.map((row) => `${line(row)}\n`).join('');
}
