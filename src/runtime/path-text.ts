/** Paths as users write and search them: `tables[1].target.columns.exam_score`, `tables[0].attributes."a.b"`. */

export type Path = ReadonlyArray<PropertyKey>

export const pathText = (path: Path): string => {
  let text = ""
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`
    else text += (text === "" ? "" : ".") + keyText(String(step))
  }
  return text
}

/** Letters of every script may stand bare; what would read as structure is quoted. */
const keyText = (key: string): string => (/^[\p{L}\p{N}_$-]+$/u.test(key) ? key : JSON.stringify(key))
