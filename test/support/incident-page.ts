/**
 * docs/incidents.md as a test walks it: the commands of a section in their order, each with what the page says that it prints.
 *
 * Numbers, times and places differ from run to run, so both sides are compared without them; `…` stands for anything, and a
 * line of its own for any lines.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"

export interface PageCommand {
  /** Behind `$ gradewire`. */
  readonly args: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
}

/** @param title heading of the incident */
export const incident = (title: string): ReadonlyArray<PageCommand> => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/incidents.md"), "utf8")
  const section = page.split(/^(?=## )/m).find((part) => part.startsWith(`## ${title}\n`))
  if (section === undefined) throw new Error(`docs/incidents.md has no ${title}`)
  return [...section.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
    block!
      .split(/^\$ gradewire /m)
      .slice(1)
      .map((part) => {
        const [command, ...lines] = part.trimEnd().split("\n")
        return { args: wordsOf(command!), lines }
      })
  )
}

/** As a shell would take them: quotes hold words together. */
const wordsOf = (command: string): ReadonlyArray<string> =>
  [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)

/** Without what differs from run to run. */
const plain = (line: string): string =>
  line
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, "#")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "#")
    .replaceAll(/\d[\d.]*(?:[dhms](?:\d+[dhms])?)?\b/g, "#")
    .replaceAll(/#(?:[-:#.]#?)*#/g, "#")
    .replaceAll(/\s+/g, " ")
    .trim()

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

const matches = (expected: string, line: string): boolean =>
  new RegExp(`^${plain(expected).split("…").map(escaped).join(".*")}$`).test(plain(line))

/** Lines of the page that the output does not have, in their order; empty where it prints what the page says. */
export const missingFrom = (output: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const printed = output.trimEnd().split("\n")
  let at = 0
  return lines.filter((line) => {
    if (line.trim() === "" || line.trim() === "…") return false
    const found = printed.findIndex((text, place) => place >= at && matches(line, text))
    if (found < 0) return true
    at = found + 1
    return false
  })
}
