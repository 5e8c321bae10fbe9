/**
 * Tables for spreadsheets: with a byte order mark, without which Excel takes UTF-8 for the machine's own code page; cells that
 * a spreadsheet would calculate begin with an apostrophe.
 */
import { stringify } from "csv-stringify/sync"

/**
 * @param rows by name of column; null and undefined are empty
 * @param isWhole false: lines that go on from earlier ones, so without names of columns
 */
export const csvText = (
  columns: ReadonlyArray<string>,
  rows: ReadonlyArray<object>,
  isWhole = true
): string =>
  stringify([...rows], {
    columns: [...columns],
    header: isWhole,
    bom: isWhole,
    escape_formulas: true
  }).replace(/\n$/, "")
