/** What every pair of {@link ApplyProgress} and {@link ProgressDesk} must keep. */
import { Effect, Schedule, type Scope } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import { ProgressDesk } from "../../src/apply/ProgressDesk.ts"
import { ApplyProgress } from "../../src/capture/ApplyProgress.ts"
import { closesWhileDown, positionAt, type LogPorts, type LogWorld, type OpenLogWorld } from "./log-world.ts"

const offsetAt = (n: number): ApplyOffset => ({
  position: positionAt(n),
  generation: 1,
  streamSequence: n,
  anchor: { file: "binlog.000001", position: 4 + n, gtid: null, server: "mysql:test", timeline: 1 },
  committedAt: "2026-11-22T08:00:00.123456Z"
})

export const applyProgressConformance = (name: string, open: OpenLogWorld): void => {
  describe(`progress of apply: ${name}`, () => {
    let world: LogWorld
    beforeEach(async () => {
      world = await open()
    })

    const run = <A, E>(effect: Effect.Effect<A, E, LogPorts | Scope.Scope>): Promise<A> =>
      Effect.runPromise(effect.pipe(Effect.scoped, Effect.provide(world.ports)))
    const ask = Effect.flatMap(ApplyProgress, (progress) => progress.ask)
    const serve = <E>(offset: Effect.Effect<ApplyOffset | undefined, E>) =>
      Effect.flatMap(ProgressDesk, (desk) => desk.serve(offset))

    it("is silent where no apply runs, which is no licence to guess (G5)", () =>
      run(
        Effect.gen(function* () {
          const error = yield* Effect.flip(ask)
          expect(error).toMatchObject({ _tag: "ApplySilent", connector: world.connector, fate: "retry" })
        })
      ))

    it("answers with what the HR database says at that moment (G4)", () =>
      run(
        Effect.gen(function* () {
          let offset: ApplyOffset | undefined
          yield* serve(Effect.sync(() => offset))
          expect(yield* ask).toBeUndefined()
          offset = offsetAt(7)
          expect(yield* ask).toEqual(offset)
          offset = { ...offsetAt(8), committedAt: null }
          expect(yield* ask).toEqual(offset)
        })
      ))

    it("is silent where the HR database does not answer, and answers again when it does (G4)", () =>
      run(
        Effect.gen(function* () {
          let isDown = true
          yield* serve(Effect.suspend(() => (isDown ? Effect.fail("down") : Effect.succeed(offsetAt(1)))))
          expect((yield* Effect.flip(ask))._tag).toBe("ApplySilent")
          isDown = false
          expect(yield* ask).toEqual(offsetAt(1))
        })
      ))

    it("is silent again when apply has stopped (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* serve(Effect.succeed(offsetAt(1)))
              expect(yield* ask).toEqual(offsetAt(1))
            })
          )
          expect((yield* Effect.flip(ask))._tag).toBe("ApplySilent")
        })
      ))

    it("answers again after the server was killed (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* serve(Effect.succeed(offsetAt(2)))
          yield* Effect.promise(world.levers.crash)
          expect(yield* Effect.retry(ask, Schedule.spaced("50 millis"))).toEqual(offsetAt(2))
        })
      ))

    it("lets go within three seconds while the server is away (G8)", async () => {
      expect(await closesWhileDown(world, serve(Effect.succeed(offsetAt(1))))).toBe(true)
    })
  })
}
