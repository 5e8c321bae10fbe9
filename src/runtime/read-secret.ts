/**
 * A secret when an adapter's options are built: from its file or environment variable, never from the configuration
 * itself, never printed. A rotated secret is taken up at the next start of the process.
 */
import { Config, Effect, FileSystem, Path, Redacted } from "effect"
import type { Secret } from "../../schemas/config-values.ts"
import { SecretUnreadable } from "./config-errors.ts"

/**
 * @param path where the configuration names the secret, `source.password`
 * @param folder where relative file names start
 */
export const readSecret = (secret: Secret, path: string, folder: string) =>
  "file" in secret ? fromFile(secret.file, path, folder) : fromEnvironment(secret.env, path)

const fromFile = Effect.fnUntraced(function* (file: string, path: string, folder: string) {
  const text = yield* readNamedFile(file, path, folder)
  const value = text.replace(/\r?\n$/, "")
  if (value !== "") return Redacted.make(value, { label: path })
  return yield* new SecretUnreadable({
    message: `${path}: file ${file} is empty`,
    path,
    place: `file ${file}`,
    fix: `Write the secret there; for an account without one, remove ${path} from the configuration.`
  })
})

/** Text of a file that the configuration names at `path`: a secret, a certificate, a key. */
export const readNamedFile = Effect.fnUntraced(function* (file: string, path: string, folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const place = `file ${file}`
  return yield* fileSystem.readFileString(paths.resolve(folder, file)).pipe(
    Effect.mapError(({ reason }) => {
      const why = reason._tag === "NotFound" ? "does not exist" : `cannot be read (${reason._tag})`
      const fix = `Mount it at ${file}, readable for the user that runs gradewire, or change ${path} in the configuration.`
      return new SecretUnreadable({ message: `${path}: ${place} ${why}`, path, place, fix })
    })
  )
})

/** Effect reads an empty variable as one that is not set. */
const fromEnvironment = Effect.fnUntraced(function* (name: string, path: string) {
  const place = `environment variable ${name}`
  const value = yield* Config.String(name).pipe(
    Effect.mapError(() => {
      const fix = `Set ${name} for the process, or change ${path} in the configuration.`
      return new SecretUnreadable({ message: `${path}: ${place} is not set, or empty`, path, place, fix })
    })
  )
  return Redacted.make(value, { label: path })
})
