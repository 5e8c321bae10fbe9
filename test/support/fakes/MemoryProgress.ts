/** {@link ApplyProgress} and {@link ProgressDesk} in one process: the desk that serves is the one that is asked. */
import { Effect, Layer } from "effect"
import type { ApplyOffset } from "../../../schemas/apply-offset.ts"
import { ProgressDesk } from "../../../src/apply/ProgressDesk.ts"
import { ApplyProgress, ApplySilent } from "../../../src/capture/ApplyProgress.ts"

type Offset = Effect.Effect<ApplyOffset | undefined, unknown>

/** Where the desks of one connector stand; the newest one that serves answers. */
export class MemoryDesks {
  readonly serving: Array<Offset> = []
}

const silent = (message: string): ApplySilent => new ApplySilent({ message, connector: "memory" })

export const layerMemoryApplyProgress = (desks: MemoryDesks): Layer.Layer<ApplyProgress> =>
  Layer.succeed(ApplyProgress, {
    ask: Effect.suspend(() => {
      const offset = desks.serving.at(-1)
      return offset === undefined
        ? Effect.fail(silent("no desk serves"))
        : Effect.mapError(offset, () => silent("the desk cannot answer"))
    })
  })

export const layerMemoryProgressDesk = (desks: MemoryDesks): Layer.Layer<ProgressDesk> =>
  Layer.succeed(ProgressDesk, {
    serve: (offset) =>
      Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => {
            desks.serving.push(offset)
            return offset
          }),
          (served) => Effect.sync(() => void desks.serving.splice(desks.serving.indexOf(served), 1))
        )
      )
  })
