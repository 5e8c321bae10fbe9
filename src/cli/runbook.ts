/** Finds a heading of the operations guide: what a tag means, what to look at, what to do. Pure. */

export interface RunbookEntry {
  readonly tag: string
  /** Heading that the entry stands under. */
  readonly section: string
  /** As in the guide, without its heading. */
  readonly text: string
}

const ENTRY = /^### (\w+)\n+([\s\S]*?)(?=^#{2,3} |$(?![\s\S]))/gm

/** Every tag of the guide, in its order. */
export const runbookEntries = (guide: string): ReadonlyArray<RunbookEntry> =>
  guide.split(/^(?=## )/m).flatMap((part) => {
    const section = /^## (.+)$/m.exec(part)?.[1] ?? ""
    return [...part.matchAll(ENTRY)].map(([, tag, text]) => ({ tag: tag!, section, text: text!.trim() }))
  })

/** The entry of a tag, however it is written: `PositionPurged`, `positionpurged`, `docs/operations.md#positionpurged`. */
export const findEntry = (guide: string, asked: string): RunbookEntry | undefined => {
  const wanted = asked.replace(/^.*#/, "").toLowerCase()
  return runbookEntries(guide).find(({ tag }) => tag.toLowerCase() === wanted)
}
