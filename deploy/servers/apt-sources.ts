/**
 * Reads the machine's own apt sources, so that a company's mirror is used as it is and no host is named in the code.
 *
 * Both forms of sources.list(5): one line per source, and deb822 stanzas.
 */
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"

export interface AptSource {
  readonly uri: string
  readonly suite: string
  readonly components: ReadonlyArray<string>
  /** key file the machine trusts for it; undefined: the machine's default keys, or a key written into the source itself */
  readonly signedBy: string | undefined
}

const keyFile = (value: string | undefined): string | undefined => {
  const first = value?.trim().split(/[\s,]+/)[0]
  return first !== undefined && first.startsWith("/") ? first : undefined
}

/** `deb [option=value …] uri suite component…`, one per line. */
export const parseOneLineSources = (text: string): ReadonlyArray<AptSource> =>
  text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line)
    if (match === null) return []
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(match[1] ?? "")?.[1]
    return [
      {
        uri: match[2] ?? "",
        suite: match[3] ?? "",
        components: (match[4] ?? "").split(/\s+/).filter((word) => word !== ""),
        signedBy: keyFile(signedBy)
      }
    ]
  })

const parseStanza = (stanza: string): Map<string, string> => {
  const fields = new Map<string, string>()
  let last = ""
  for (const line of stanza.split("\n")) {
    if (line.startsWith("#")) continue
    if (/^\s/.test(line)) {
      fields.set(last, `${fields.get(last) ?? ""} ${line.trim()}`)
      continue
    }
    const colon = line.indexOf(":")
    if (colon < 0) continue
    last = line.slice(0, colon).trim().toLowerCase()
    fields.set(last, line.slice(colon + 1).trim())
  }
  return fields
}

/** deb822 stanzas; one result per URI and suite. */
export const parseDeb822Sources = (text: string): ReadonlyArray<AptSource> =>
  text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = parseStanza(stanza)
    const words = (name: string): ReadonlyArray<string> =>
      (fields.get(name) ?? "").split(/\s+/).filter((word) => word !== "")
    if (!words("types").includes("deb")) return []
    if (/^(no|false|without|off|disable)$/i.test(fields.get("enabled") ?? "")) return []
    return words("uris").flatMap((uri) =>
      words("suites").map((suite) => ({
        uri,
        suite,
        components: words("components"),
        signedBy: keyFile(fields.get("signed-by"))
      }))
    )
  })

/** All enabled binary sources below `folder` (default /etc/apt). */
export const readAptSources = async (folder = "/etc/apt"): Promise<ReadonlyArray<AptSource>> => {
  const text = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "")
  const sources = [...parseOneLineSources(await text(join(folder, "sources.list")))]
  const parts = join(folder, "sources.list.d")
  for (const name of await readdir(parts).catch(() => [])) {
    if (name.endsWith(".list")) sources.push(...parseOneLineSources(await text(join(parts, name))))
    if (name.endsWith(".sources")) sources.push(...parseDeb822Sources(await text(join(parts, name))))
  }
  return sources
}

/** Sources that mirror the Debian archive itself (not its security or a vendor's archive), where sid can be asked for. */
export const debianMirrors = (
  sources: ReadonlyArray<AptSource>,
  release: { readonly id: string; readonly codename: string }
): ReadonlyArray<AptSource> => {
  const rolling = ["oldstable", "stable", "testing", "unstable", "sid"]
  const seen = new Set<string>()
  return sources.filter((source) => {
    const known =
      release.id === "debian"
        ? source.suite === release.codename || rolling.includes(source.suite)
        : /\/debian\/?$/.test(source.uri)
    const fits = known && source.components.includes("main") && !seen.has(source.uri)
    if (fits) seen.add(source.uri)
    return fits
  })
}
