/** `node deploy/servers/fetch.ts [kind…]`: fetches and prepares servers, so that later starts need no network. */
import { wantsDocker } from "./docker.ts"
import { prepareLocal } from "./local.ts"
import { toStandardError } from "./progress.ts"
import { recipes } from "./recipes.ts"
import type { ServerKind } from "./RunningServer.ts"

const isKind = (word: string): word is ServerKind => Object.hasOwn(recipes, word)

const words = process.argv.slice(2)
const unknown = words.filter((word) => !isKind(word))
if (unknown.length > 0) {
  toStandardError(
    `usage: node deploy/servers/fetch.ts [${Object.keys(recipes).join("|")}]…; unknown: ${unknown.join(" ")}`
  )
  process.exit(2)
}
const kinds = words.length === 0 ? Object.keys(recipes).filter(isKind) : words.filter(isKind)

const prepare = async (kind: ServerKind): Promise<string> => {
  const { from, version } = await prepareLocal(kind, toStandardError)
  return `${kind.padEnd(12)}${version.padEnd(10)}${from}\n`
}

if (await wantsDocker()) {
  for (const kind of kinds)
    process.stdout.write(`${kind.padEnd(12)}${recipes[kind].image}, pulled at its first start\n`)
} else {
  // one after the other: two downloads at once are no faster, and their progress would mix
  let failed = false
  for (const kind of kinds) {
    try {
      process.stdout.write(await prepare(kind))
    } catch (error) {
      failed = true
      toStandardError(error instanceof Error ? error.message : String(error))
    }
  }
  if (failed) process.exitCode = 1
}
