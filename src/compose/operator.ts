/** Who gives a command, as this machine names them. */
import { hostname, userInfo } from "node:os"

/** `dba@bastion`; a user without an entry in the system's list has only a number. */
export const operator = (): string => {
  const name = process.getuid?.() ?? "somebody"
  return `${userName() ?? name}@${hostname()}`
}

const userName = (): string | undefined => {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}
