/** Builds dist/ before the first test of real servers, so that none of them runs the program of yesterday. */
import { DIST } from "../../deploy/demo/Gradewire.ts"
import { buildProgram } from "../../deploy/build.ts"

export const setup = async (): Promise<void> => {
  await buildProgram(DIST)
}
