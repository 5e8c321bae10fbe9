/**
 * From a loaded configuration to what each adapter wants to be told: defaults filled in, secrets read, file names made
 * absolute. One function per outside system, so that a command asks only for the secrets it needs.
 */
import { Effect, Path } from "effect"
import { jetStreamOptions } from "../../connectors/jetstream/options.ts"
import type { Secret, Tls } from "../../schemas/connector-config.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { readSecret } from "../runtime/read-secret.ts"

/** Options of everything in connectors/jetstream. */
export const changeLogOptions = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const { changeLog } = loaded.config
  const tls = yield* absoluteTls(changeLog.tls, loaded.folder)
  const secret = (key: "password" | "token" | "credentials") =>
    optionalSecret(changeLog[key], `changeLog.${key}`, loaded.folder)
  const secrets = {
    password: yield* secret("password"),
    token: yield* secret("token"),
    credentials: yield* secret("credentials")
  }
  const options = jetStreamOptions(loaded.config, secrets)
  return { ...options, tls }
})

/** `undefined` where the configuration names no secret. */
export const optionalSecret = (secret: Secret | undefined, path: string, folder: string) =>
  secret === undefined ? Effect.undefined : readSecret(secret, path, folder)

/** File names in `tls` start at the configuration's folder. */
export const absoluteTls = Effect.fnUntraced(function* (tls: Tls | undefined, folder: string) {
  if (tls === undefined) return undefined
  const paths = yield* Path.Path
  const absolute = { ...tls }
  for (const key of ["caFile", "certFile", "keyFile"] as const) {
    const file = tls[key]
    if (file !== undefined) absolute[key] = paths.resolve(folder, file)
  }
  return absolute
})
