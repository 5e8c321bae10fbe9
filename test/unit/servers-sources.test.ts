/** Which archive a server's package is asked from: the machine's own mirror, read from its apt sources. */
import { describe, expect, it } from "vitest"
import { installedBeside } from "../../deploy/servers/apt.ts"
import { debianMirrors, parseDeb822Sources, parseOneLineSources } from "../../deploy/servers/apt-sources.ts"
import { compareVersions } from "../../deploy/servers/cache.ts"

const bookworm = { id: "debian", codename: "bookworm" }

describe("apt sources", () => {
  it("one-line sources give URI, suite, components and key, whatever their options (G1)", () => {
    const text = [
      "# deb http://off.example/debian bookworm main",
      "deb http://mirror.example/debian bookworm main contrib # ours",
      "deb [arch=amd64 signed-by=/etc/keys/a.gpg] https://other.example/debian/ sid main",
      "deb-src http://mirror.example/debian bookworm main"
    ].join("\n")
    expect(parseOneLineSources(text)).toEqual([
      {
        uri: "http://mirror.example/debian",
        suite: "bookworm",
        components: ["main", "contrib"],
        signedBy: undefined
      },
      {
        uri: "https://other.example/debian/",
        suite: "sid",
        components: ["main"],
        signedBy: "/etc/keys/a.gpg"
      }
    ])
  })

  it("deb822 stanzas give one source per URI and suite, and none where disabled (G1)", () => {
    const text = [
      "Types: deb deb-src",
      "# a comment inside",
      "URIs: http://mirror.example/debian",
      "Suites: bookworm",
      " bookworm-updates",
      "Components: main",
      "Signed-By: /usr/share/keyrings/a.gpg",
      "",
      "Types: deb",
      "URIs: http://off.example/debian",
      "Suites: bookworm",
      "Components: main",
      "Enabled: no",
      "",
      "Types: deb",
      "URIs: http://own.example/debian",
      "Suites: stable",
      "Components: main",
      "Signed-By:",
      " -----BEGIN PGP PUBLIC KEY BLOCK-----",
      " ."
    ].join("\n")
    const sources = parseDeb822Sources(text)
    expect(sources.map(({ suite, uri }) => `${uri} ${suite}`)).toEqual([
      "http://mirror.example/debian bookworm",
      "http://mirror.example/debian bookworm-updates",
      "http://own.example/debian stable"
    ])
    expect(sources.map(({ signedBy }) => signedBy)).toEqual([
      "/usr/share/keyrings/a.gpg",
      "/usr/share/keyrings/a.gpg",
      undefined
    ])
  })

  it("only mirrors of the Debian archive are asked for its rolling suite, each once (G1)", () => {
    const sources = parseOneLineSources(
      [
        "deb http://mirror.example/debian bookworm main",
        "deb http://mirror.example/debian bookworm-updates main",
        "deb http://mirror.example/debian-security bookworm-security main",
        "deb http://vendor.example/tool nodistro main",
        "deb http://mirror.example/debian sid main"
      ].join("\n")
    )
    expect(debianMirrors(sources, bookworm).map(({ uri }) => uri)).toEqual(["http://mirror.example/debian"])
    const ubuntu = parseOneLineSources("deb http://mirror.example/ubuntu noble main")
    expect(debianMirrors(ubuntu, { id: "ubuntu", codename: "noble" })).toEqual([])
  })
})

describe("packages of the machine", () => {
  it("apt is told of them without those to be fetched and without relations (G1)", () => {
    const status = [
      "Package: libc6\nStatus: install ok installed\nDepends: libgcc-s1,\n libcrypt1\nVersion: 2.36",
      "Package: postgresql-15\nStatus: install ok installed\nVersion: 15.1",
      "Package: tool\nConflicts: other\nVersion: 1\n"
    ].join("\n\n")
    expect(installedBeside(status, /^postgresql(-\d+)?$/)).toBe(
      ["Package: libc6\nStatus: install ok installed\nVersion: 2.36", "Package: tool\nVersion: 1\n"].join(
        "\n\n"
      )
    )
  })

  it("versions compare by number, not by letter (G1)", () => {
    expect(["9.7.4", "10.11.9", "10.11.19", "9.10"].sort(compareVersions)).toEqual([
      "9.7.4",
      "9.10",
      "10.11.9",
      "10.11.19"
    ])
  })
})
