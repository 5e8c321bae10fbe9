/** The configuration file as text: UTF-8 or a named refusal. A UTF-8 byte order mark, as some editors write it, is dropped. */
import { Effect, FileSystem, Result, type PlatformError } from "effect"
import { ConfigUnreadable } from "./config-errors.ts"

/** @param file as the user gave it; errors repeat it that way */
export const readConfigText = Effect.fnUntraced(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const bytes = yield* fileSystem
    .readFile(file)
    .pipe(Effect.mapError((error) => unreadable(file, ...whyUnreadable(error))))
  return yield* decodeText(file, bytes)
})

const unreadable = (file: string, reason: string, fix: string): ConfigUnreadable =>
  new ConfigUnreadable({ message: `${file}: ${reason}`, file, fix })

const whyUnreadable = (error: PlatformError.PlatformError): readonly [reason: string, fix: string] => {
  switch (error.reason._tag) {
    case "NotFound":
      return [
        "no such file",
        "Name the connector's file with --config FILE or in GRADEWIRE_CONFIG; an example stands in deploy/examples/lms-to-hr.yaml."
      ]
    case "PermissionDenied":
      return [
        "not readable for this user",
        "Give the user that runs gradewire the right to read it (chmod o+r FILE)."
      ]
    default:
      // EISDIR has no tag of its own.
      return [`cannot be read (${error.reason._tag})`, "Give the path of one regular YAML file."]
  }
}

const decodeText = (file: string, bytes: Uint8Array): Effect.Effect<string, ConfigUnreadable> => {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return Effect.fail(unreadable(file, "is UTF-16", "Save it as UTF-8 (iconv -f UTF-16 -t UTF-8 FILE)."))
  }
  const text = utf8(bytes)
  if (text === undefined) {
    return Effect.fail(
      unreadable(
        file,
        `is not UTF-8 (first seen in line ${firstBadLine(bytes)})`,
        "Save it as UTF-8 (from a Chinese Windows editor: iconv -f GB18030 -t UTF-8 FILE)."
      )
    )
  }
  return text.trim() === ""
    ? Effect.fail(unreadable(file, "is empty", "Start from deploy/examples/lms-to-hr.yaml."))
    : Effect.succeed(text)
}

const utf8 = (bytes: Uint8Array): string | undefined =>
  Result.getOrUndefined(Result.try(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes)))

/** Line breaks are single bytes in every encoding that could be meant here, so each line can be tried alone. */
const firstBadLine = (bytes: Uint8Array): number => {
  let line = 1
  let start = 0
  while (start < bytes.length) {
    const lineBreak = bytes.indexOf(10, start)
    const end = lineBreak === -1 ? bytes.length : lineBreak
    if (utf8(bytes.subarray(start, end)) === undefined) break
    line += 1
    start = end + 1
  }
  return line
}
