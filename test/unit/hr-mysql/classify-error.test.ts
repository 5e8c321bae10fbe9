import { describe, expect, it } from "vitest"
import { classifyError, classOf } from "../../../connectors/hr/mysql/classify-error.ts"

const place = { server: "db:3306", grants: "GRANT ALL PRIVILEGES ON `gradewire`.* TO 'gw'@'%';" }
const answered = (errno: number, sqlMessage = "secret") => ({
  errno,
  sqlState: "HY000",
  code: "ER_X",
  sqlMessage
})

describe("an error of MySQL or MariaDB", () => {
  it.each<[errno: number, tag: string, fate: string]>([
    [1213, "StoreContended", "retry"],
    [1205, "StoreContended", "retry"],
    [1317, "StoreContended", "retry"],
    [3024, "StoreContended", "retry"],
    [1969, "StoreContended", "retry"],
    [3101, "StoreContended", "retry"],
    [1290, "StoreUnavailable", "retry"],
    [1792, "StoreUnavailable", "retry"],
    [1836, "StoreUnavailable", "retry"],
    [1053, "StoreUnavailable", "retry"],
    [1040, "StoreUnavailable", "retry"],
    [1114, "StoreUnavailable", "retry"],
    [1021, "StoreUnavailable", "retry"],
    [1047, "StoreUnavailable", "retry"],
    [1927, "StoreUnavailable", "retry"],
    [1044, "StoreMisconfigured", "halt"],
    [1045, "StoreMisconfigured", "halt"],
    [1049, "StoreMisconfigured", "halt"],
    [1054, "StoreMisconfigured", "halt"],
    [1142, "StoreMisconfigured", "halt"],
    [1143, "StoreMisconfigured", "halt"],
    [1146, "StoreMisconfigured", "halt"],
    [1665, "StoreMisconfigured", "halt"],
    [3159, "StoreMisconfigured", "halt"],
    [1062, "RowRefused", "park"],
    [1153, "RowRefused", "park"],
    [1264, "RowRefused", "park"],
    [1265, "RowRefused", "park"],
    [1366, "RowRefused", "park"],
    [1406, "RowRefused", "park"],
    [1452, "RowRefused", "park"],
    [1644, "RowRefused", "park"],
    [3819, "RowRefused", "park"],
    [4025, "RowRefused", "park"],
    [31_001, "RowRefused", "park"]
  ])("%i is %s (G3)", (errno, tag, fate) => {
    const error = classifyError(answered(errno), place)
    expect(error).toMatchObject({ _tag: tag, fate, code: String(errno) })
    expect(error.remedy).not.toBe("")
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("secret")
  })

  it.each<[errno: number, message: string, detail: string]>([
    [1062, "Duplicate entry 'Anna' for key 'training_record.system'", "1062 key training_record.system"],
    [1062, "Duplicate entry 'a' for key 'b'' for key 'PRIMARY'", "1062 key PRIMARY"],
    [1366, "Incorrect integer value: 'Anna' for column 'c' at row 1", "1366 column c"],
    [
      1366,
      "Incorrect integer value: 'x' for column 'y' at row 1' for column `hr`.`t`.`c` at row 7",
      "1366 column hr.t.c"
    ],
    [1292, "Truncated incorrect DECIMAL value: 'Anna'", "1292"],
    [1406, "Data too long for column '评语' at row 1", "1406 column 评语"],
    [1048, "Column 'c' cannot be null", "1048 column c"],
    [1364, "Field 'c' doesn't have a default value", "1364 column c"],
    [3819, "Check constraint 'limit' is violated.", "3819 constraint limit"],
    [4025, "CONSTRAINT `limit` failed for `hr`.`t`", "4025 constraint limit"],
    [
      1452,
      "Cannot add or update a child row: a foreign key constraint fails (`hr`.`t`, CONSTRAINT `fk` FOREIGN KEY (`a`) REFERENCES `b` (`c`))",
      "1452 constraint fk"
    ],
    [1644, "Anna is not allowed", "1644"]
  ])("%i says names and no value: %s (G9)", (errno, message, detail) => {
    expect(classifyError(answered(errno, message), place)).toMatchObject({ detail })
  })

  it.each<[errno: number, message: string, named: string, canReturn: boolean]>([
    [1142, "SELECT command denied to user 'gw'@'%' for table 'employee'", "1142 table employee", true],
    [
      1142,
      "SELECT command denied to user 'gw'@'%' for table `hr`.`employee`",
      "1142 table hr.employee",
      true
    ],
    [
      1143,
      "SELECT command denied to user 'gw'@'%' for column 'mobile' in table 'employee'",
      "1143 column mobile",
      true
    ],
    [1054, "Unknown column 'e.mobile' in 'where clause'", "1054 column e.mobile", true],
    [1146, "Table 'hr.employee' doesn't exist", "1146 table hr.employee", true],
    [1146, "Table 'gradewire.held_change' doesn't exist", "1146 table gradewire.held_change", false],
    [1045, "Access denied for user 'Anna'@'%'", "1045", false]
  ])(
    "%i names what HR took away, and whether it can return: %s (G3, G9)",
    (errno, message, named, canReturn) => {
      const error = classifyError(answered(errno, message), place)
      expect(error).toMatchObject({ _tag: "StoreMisconfigured", canReturn })
      expect(error.message).toMatch(new RegExp(`configuration: ${named}$`))
    }
  )

  it("that is no answer is a connection that was lost, or one that is configured wrongly (G4)", () => {
    const given = (code: string) => classifyError({ code, errno: -111, message: "x" }, place)
    expect(given("ECONNREFUSED")).toMatchObject({ _tag: "StoreUnavailable", code: "ECONNREFUSED" })
    expect(given("PROTOCOL_SEQUENCE_TIMEOUT")).toMatchObject({ _tag: "StoreUnavailable", code: "TIMEOUT" })
    expect(given("HANDSHAKE_NO_SSL_SUPPORT")).toMatchObject({ _tag: "StoreMisconfigured", code: "NO_TLS" })
    expect(given("CERT_HAS_EXPIRED")).toMatchObject({ _tag: "StoreMisconfigured", fate: "halt" })
    expect(classifyError(new Error("Anna"), place)).toMatchObject({ code: "CONNECTION_LOST" })
  })

  it("that lacks a right comes with the statement that gives it (G3)", () => {
    for (const errno of [1044, 1142, 1143])
      expect(classifyError(answered(errno), place).remedy).toBe(place.grants)
  })

  it("that nobody knows is a row's fault (G3)", () => {
    expect(classOf(59_999)).toBe("refused")
  })
})
