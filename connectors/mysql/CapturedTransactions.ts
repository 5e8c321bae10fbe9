/**
 * Which transactions are in the change log as a whole: they come without their rows. The set grows as reading goes on, since
 * after a failover each comes once more at most.
 */
import { GtidSet } from "../../schemas/GtidSet.ts"
import type { CommitEvent } from "../../src/capture/ChangeSource.ts"
import { FailoverSeam } from "./FailoverSeam.ts"
import type { OpenTransaction } from "./open-transaction.ts"
import type { ReaderSettings } from "./reader-settings.ts"

export class CapturedTransactions {
  readonly #gtids: GtidSet | undefined
  readonly #seam: FailoverSeam | undefined

  constructor({ captured, isFailover }: Pick<ReaderSettings, "captured" | "isFailover">) {
    this.#gtids = captured === undefined ? undefined : GtidSet.parse(captured)
    const isOther = isFailover === true && this.#gtids !== undefined
    this.#seam = isOther ? new FailoverSeam(this.#gtids) : undefined
  }

  /** Of a transaction that begins. Throws where it cannot be told. */
  has(gtid: string | null): boolean {
    if (gtid !== null && this.#gtids?.has(gtid) === true) return true
    this.#seam?.cross(gtid)
    return false
  }

  /** Notes the end of a transaction, and what its commit says about others. */
  ended({ begin, settles, waits }: OpenTransaction): Pick<CommitEvent, "passed" | "waits"> {
    if (begin.gtid !== null && !waits) this.#gtids?.add(begin.gtid)
    if (settles === null) return waits ? { waits } : {}
    this.#gtids?.add(settles)
    const passed = new GtidSet()
    passed.add(settles)
    return { passed }
  }
}
