/** Long steps are told on standard error unless the caller wants to hear them. */
export const toStandardError = (line: string): void => {
  process.stderr.write(`${line}\n`)
}
