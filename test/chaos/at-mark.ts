/** Does something the n-th time a door sees a mark. */
import type { History } from "./History.ts"
import type { Ruling, Side } from "./TcpProxy.ts"

export interface Moment {
  readonly side: Side
  readonly mark: string
  /** `before`: it does not pass; `behind`: the kernel has taken it over */
  readonly when: "before" | "behind"
  readonly nth: number
}

/** People do not stop, so a moment that does not come by then never does. */
const LIMIT_MS = 15_000

/** Resolves once it has happened, or will not. What does not pass is lost with its connection. */
export const atMark = async (
  history: History,
  door: keyof History["doors"],
  { mark, nth, side, when }: Moment,
  act: () => void
): Promise<void> => {
  const proxy = history.doors[door]
  let seen = 0
  const happened = Promise.withResolvers<boolean>()
  const isIt = (itsSide: Side, itsMark: string): boolean => {
    if (itsSide !== side || itsMark !== mark) return false
    seen += 1
    if (seen !== nth) return false
    act()
    happened.resolve(true)
    return true
  }
  const ruler = (itsSide: Side, itsMark: string): Ruling => (isIt(itsSide, itsMark) ? "cut" : "pass")
  const witness = (itsSide: Side, itsMark: string): void => void isIt(itsSide, itsMark)
  if (when === "before") proxy.rulers.add(ruler)
  else proxy.witnesses.add(witness)
  const timer = setTimeout(() => happened.resolve(false), LIMIT_MS)
  const hasHappened = await happened.promise
  clearTimeout(timer)
  proxy.rulers.delete(ruler)
  proxy.witnesses.delete(witness)
  history.note(`  ${when} ${side} ${mark} number ${nth}: ${hasHappened ? "done" : `only ${seen} came`}`)
}
