/**
 * Runs an assembled image as a container engine would, with util-linux and coreutils alone: its own mount namespace, the
 * image as root, read-only, a small /tmp, the connector's files under /etc/gradewire, the image's user and environment.
 *
 * The process that is started becomes gradewire by exec, so a signal sent to it reaches gradewire. Network and process
 * table are the machine's.
 */
import { chmod, cp, mkdir, readdir } from "node:fs/promises"
import { join } from "node:path"
import { type Program, run } from "../servers/run.ts"
import type { Image } from "./assemble.ts"

const CONFIG_FOLDER = "/etc/gradewire"

/** $1 root, $2 folder of the connector's files, $3 uid:gid; then the program and its arguments. */
const ENTER = `set -e
root=$1 config=$2 user=$3
shift 3
mount --bind "$root" "$root"
mount --bind "$config" "$root/etc/gradewire"
mount -o remount,bind,ro "$root/etc/gradewire"
mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount -o remount,bind,ro "$root"
if [ "$(id -ru)" = 0 ] && [ "$GRADEWIRE_NESTED" != yes ]; then
  exec env -i $GRADEWIRE_IMAGE_ENV setpriv --no-new-privs chroot --groups= --userspec="$user" "$root" "$@"
fi
exec env -i $GRADEWIRE_IMAGE_ENV unshare --user --map-user="\${user%:*}" --map-group="\${user#*:}" --keep-caps chroot "$root" "$@"`

export class ContainedImage {
  readonly #image: Image
  readonly #config: string

  private constructor(image: Image, config: string) {
    this.#image = image
    this.#config = config
  }

  /** `files`: a folder with connector.yaml and its secrets, copied to `config` so that the image's user may read them. */
  static async with(image: Image, files: string, config: string): Promise<ContainedImage> {
    await mkdir(config, { recursive: true })
    await chmod(config, 0o755)
    for (const entry of await readdir(files, { withFileTypes: true })) {
      if (!entry.isFile()) continue
      await cp(join(files, entry.name), join(config, entry.name))
      await chmod(join(config, entry.name), 0o644)
    }
    return new ContainedImage(image, config)
  }

  /** The entry point with these arguments; `--config` is what the image's environment says. */
  command(...args: ReadonlyArray<string>): Program {
    return this.program([...this.#image.stage.entrypoint, ...withoutConfig(args)])
  }

  /** Anything that is in the image. */
  program(words: ReadonlyArray<string>): Program {
    const { root, stage } = this.#image
    const isRoot = process.getuid?.() === 0
    const namespaces = isRoot ? ["--mount"] : ["--user", "--map-root-user", "--mount"]
    const environment = Object.entries(stage.environment).map(([name, value]) => `${name}=${value}`)
    return {
      file: "unshare",
      args: [...namespaces, "sh", "-c", ENTER, "enter", root, this.#config, stage.user ?? "0:0", ...words],
      environment: {
        GRADEWIRE_IMAGE_ENV: ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...environment].join(" "),
        GRADEWIRE_NESTED: isRoot ? "no" : "yes"
      }
    }
  }

  /** Runs one command to its end; rejects with what it printed when it fails. */
  async run(...args: ReadonlyArray<string>): Promise<string> {
    return explained(run(this.command(...args)))
  }

  async runProgram(...words: ReadonlyArray<string>): Promise<string> {
    return explained(run(this.program(words)))
  }
}

const withoutConfig = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const at = args.indexOf("--config")
  return at < 0 ? args : args.with(at + 1, join(CONFIG_FOLDER, "connector.yaml"))
}

const explained = (running: Promise<string>): Promise<string> =>
  running.catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error)
    const hint = /unshare|mount|chroot|setpriv/.test(text)
      ? "\nThis needs util-linux, and either root or user namespaces (sysctl kernel.unprivileged_userns_clone=1)."
      : ""
    throw new Error(`${text}${hint}`, { cause: error })
  })
