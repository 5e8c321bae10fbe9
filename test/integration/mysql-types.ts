/** One column of each type with the values that break decoders, and the SQL that gives the server's own text for it. */
export interface TypeColumn {
  readonly name: string
  readonly type: string
  /** SQL expressions, one a row. */
  readonly values: ReadonlyArray<string>
  readonly text: string
  readonly only?: "mysql" | "mariadb"
  /** First version of that server that has the type. */
  readonly since?: string
}

const plain = (name: string, type: string, values: ReadonlyArray<string>): TypeColumn => ({
  name,
  type,
  values,
  text: `CAST(\`${name}\` AS CHAR)`
})

const moment = (name: string, type: string, values: ReadonlyArray<string>): TypeColumn => ({
  name,
  type,
  values: values.map((value) => `'${value}'`),
  text: `REPLACE(CAST(\`${name}\` AS CHAR), ' ', 'T')`
})

const stamp = (name: string, type: string, values: ReadonlyArray<string>): TypeColumn => ({
  ...moment(name, type, values),
  text: `CONCAT(REPLACE(CAST(\`${name}\` AS CHAR), ' ', 'T'), IF(\`${name}\` = 0, '', 'Z'))`
})

const text = (name: string, type: string, values: ReadonlyArray<string>): TypeColumn => ({
  name,
  type,
  values: values.map((value) => `'${value}'`),
  text: `CONVERT(\`${name}\` USING utf8mb4)`
})

const binary = (name: string, type: string, values: ReadonlyArray<string>): TypeColumn => ({
  name,
  type,
  values,
  text: `REPLACE(TO_BASE64(\`${name}\`), '\\n', '')`
})

const bits = (name: string, type: string, values: ReadonlyArray<string>): TypeColumn => ({
  name,
  type,
  values,
  text: `CAST(\`${name}\` + 0 AS CHAR)`
})

const DATES = [
  "2026-11-22",
  "0000-00-00",
  "2026-00-00",
  "2026-02-31",
  "0001-01-01",
  "9999-12-31",
  "1970-01-01"
]
const CLOCKS = ["-838:59:59", "838:59:59", "00:00:00", "-00:00:01", "12:34:56", "-12:34:56", "100:00:00"]
const withFraction = (
  values: ReadonlyArray<string>,
  fractions: ReadonlyArray<string>
): ReadonlyArray<string> =>
  values.map((value, i) => (/^-?838/.test(value) ? value : `${value}.${fractions[i % fractions.length]}`))
const FRACTIONS = ["123456", "000000", "999999", "000001", "500000", "100000", "090909"]
const DATETIMES = DATES.map((date, i) => `${date} ${["08:00:00", "00:00:00", "23:59:59", "12:34:56"][i % 4]}`)
const STAMPS = [
  "2026-11-22 08:00:00",
  "1970-01-01 00:00:01",
  "2038-01-19 03:14:07",
  "0000-00-00 00:00:00",
  "2000-02-29 23:59:59",
  "2026-01-01 00:00:00"
]
const TEXTS = [
  "",
  "plain",
  "张三",
  "é ü ß",
  "混合 mixed 123 文字",
  "😀 four bytes",
  "a''b,c",
  " trailing",
  "长".repeat(60)
]
const ROUND_DATES = ["2026-11-22 08:00:00.123456", "2026-12-31 23:59:59.400001"]

export const TYPE_COLUMNS: ReadonlyArray<TypeColumn> = [
  plain("tiny", "TINYINT", ["-128", "127", "0", "-1"]),
  plain("tiny_u", "TINYINT UNSIGNED", ["0", "255", "128"]),
  plain("small", "SMALLINT", ["-32768", "32767", "-1"]),
  plain("small_u", "SMALLINT UNSIGNED", ["0", "65535", "32768"]),
  plain("medium", "MEDIUMINT", ["-8388608", "8388607", "-1"]),
  plain("medium_u", "MEDIUMINT UNSIGNED", ["0", "16777215", "8388608"]),
  plain("int_s", "INT", ["-2147483648", "2147483647", "-1", "0"]),
  plain("int_u", "INT UNSIGNED", ["0", "4294967295", "2147483648"]),
  plain("big", "BIGINT", [
    "-9223372036854775808",
    "9223372036854775807",
    "-1",
    "0",
    "9007199254740993",
    "-9007199254740993",
    "4294967296",
    "-4294967297",
    "2147483648"
  ]),
  plain("big_u", "BIGINT UNSIGNED", [
    "0",
    "18446744073709551615",
    "9223372036854775808",
    "9007199254740993",
    "4294967295"
  ]),
  plain("dec_5_2", "DECIMAL(5,2)", ["0", "-0.01", "999.99", "-999.99", "0.5", "88.5", "100"]),
  plain("dec_3_0", "DECIMAL(3,0)", ["0", "-999", "999", "7"]),
  plain("dec_4_4", "DECIMAL(4,4)", ["0.0001", "-0.9999", "0"]),
  plain("dec_10_3", "DECIMAL(10,3)", ["1234567.891", "-1234567.891", "0.001", "-0.001"]),
  plain("dec_18_9", "DECIMAL(18,9)", ["999999999.999999999", "-999999999.999999999", "1", "0.000000001"]),
  plain("dec_16_8", "DECIMAL(16,8)", ["99999999.99999999", "-99999999.00000001", "0"]),
  plain("dec_65_30", "DECIMAL(65,30)", [
    "12345678901234567890123456789012345.123456789012345678901234567890",
    "-1",
    "0",
    "-99999999999999999999999999999999999.999999999999999999999999999999"
  ]),
  plain("dec_20_0", "DECIMAL(20,0) UNSIGNED", ["99999999999999999999", "0", "1"]),
  plain("float_s", "FLOAT", ["1.1", "-0.5", "0", "3.14159", "100000", "1e10", "1.5e-7", "3.4e38", "1e-20"]),
  plain("double_s", "DOUBLE", [
    "1.1",
    "-0.5",
    "0",
    "3.141592653589793",
    "1e300",
    "1.5e-7",
    "123456789012345",
    "1e-20",
    "0.1"
  ]),
  bits("year_s", "YEAR", ["2026", "0", "1901", "2155"]),
  moment("date_s", "DATE", DATES),
  moment("time_0", "TIME", CLOCKS),
  moment("time_1", "TIME(1)", withFraction(CLOCKS, ["1", "0", "9"])),
  moment("time_2", "TIME(2)", withFraction(CLOCKS, ["12", "00", "99", "01"])),
  moment("time_3", "TIME(3)", withFraction(CLOCKS, ["123", "000", "999", "001"])),
  moment("time_4", "TIME(4)", withFraction(CLOCKS, ["1234", "0001"])),
  moment("time_6", "TIME(6)", withFraction(CLOCKS, FRACTIONS)),
  moment("datetime_0", "DATETIME", DATETIMES),
  moment("datetime_1", "DATETIME(1)", withFraction(DATETIMES, ["1", "9", "0"])),
  moment("datetime_2", "DATETIME(2)", withFraction(DATETIMES, ["12", "99", "01"])),
  moment("datetime_3", "DATETIME(3)", withFraction(DATETIMES, ["123", "999", "001", "000"])),
  moment("datetime_5", "DATETIME(5)", withFraction(DATETIMES, ["12345", "00001"])),
  moment("datetime_6", "DATETIME(6)", withFraction(DATETIMES, FRACTIONS)),
  moment("datetime_cut", "DATETIME(3)", ROUND_DATES),
  stamp("stamp_0", "TIMESTAMP", STAMPS),
  stamp(
    "stamp_3",
    "TIMESTAMP(3)",
    STAMPS.map((value) => (value.startsWith("0000") ? value : `${value}.123`))
  ),
  stamp(
    "stamp_6",
    "TIMESTAMP(6)",
    STAMPS.map((value) => (value.startsWith("0000") ? value : `${value}.000001`))
  ),
  text("char_s", "CHAR(255) CHARACTER SET utf8mb4", TEXTS),
  text("varchar_s", "VARCHAR(60) CHARACTER SET utf8mb4", TEXTS),
  text("varchar_l", "VARCHAR(1000) CHARACTER SET utf8mb4", TEXTS),
  text(
    "utf8mb3_s",
    "VARCHAR(60) CHARACTER SET utf8mb3",
    TEXTS.filter((value) => !value.startsWith("😀"))
  ),
  text("gbk_s", "VARCHAR(60) CHARACTER SET gbk", ["", "张三", "考试 score 分数"]),
  text("latin1_s", "VARCHAR(60) CHARACTER SET latin1", ["", "é ü ß", "€ “quoted” – dash", "plain"]),
  text("ascii_s", "CHAR(10) CHARACTER SET ascii", ["", "abc", "0123456789"]),
  text("text_s", "TEXT CHARACTER SET utf8mb4", TEXTS),
  text("tinytext_s", "TINYTEXT CHARACTER SET utf8mb4", TEXTS),
  text("mediumtext_s", "MEDIUMTEXT CHARACTER SET utf8mb4", TEXTS),
  text("longtext_s", "LONGTEXT CHARACTER SET utf8mb4", TEXTS),
  text("nopad_s", "VARCHAR(60) CHARACTER SET gbk COLLATE gbk_chinese_nopad_ci", ["张三", "abc"]),
  text("enum_s", "ENUM('a', '通过', 'it''s, x')", ["a", "通过", "it''s, x"]),
  text("set_s", "SET('a', '通过', 'c''d')", ["", "a", "a,通过", "a,通过,c''d"]),
  binary("binary_s", "BINARY(6)", ["0x01", "0x010000", "0x000000000000", "''", "0xffffffffffff"]),
  binary("varbinary_s", "VARBINARY(300)", ["0x01", "0x0100", "''", "0x00ff80"]),
  binary("blob_s", "BLOB", ["0x01", "REPEAT(0xff, 500)", "''"]),
  bits("bit_1", "BIT(1)", ["b'1'", "b'0'"]),
  bits("bit_20", "BIT(20)", ["0", "1048575", "524288"]),
  bits("bit_33", "BIT(33)", ["0", "8589934591", "4294967296"]),
  bits("bit_64", "BIT(64)", ["0", "18446744073709551615", "9223372036854775808"])
].map((column) => (column.name === "nopad_s" ? { ...column, only: "mariadb" } : column))

/** A text in each character set that takes its particular letters. */
export const CHARSET_SAMPLES: ReadonlyArray<{ readonly charset: string; readonly text: string }> = [
  { charset: "latin1", text: "déjà € vu" },
  { charset: "gbk", text: "考试成绩 丂 ——·" },
  { charset: "gb2312", text: "考试成绩" },
  { charset: "gb18030", text: "考试 㐀 😀" },
  { charset: "big5", text: "考試成績" },
  { charset: "sjis", text: "試験 カタカナ ｶﾅ" },
  { charset: "cp932", text: "試験 ①髙 ｶﾅ" },
  { charset: "ujis", text: "試験 カタカナ" },
  { charset: "eucjpms", text: "試験 ①" },
  { charset: "euckr", text: "시험 성적" },
  { charset: "latin2", text: "žluťoučký kůň" },
  { charset: "latin5", text: "sınav ğüşİ" },
  { charset: "latin7", text: "ąčęėįšų" },
  { charset: "greek", text: "βαθμός" },
  { charset: "hebrew", text: "ציון" },
  { charset: "cp1250", text: "žluťoučký" },
  { charset: "cp1251", text: "экзамен" },
  { charset: "cp1256", text: "امتحان" },
  { charset: "cp1257", text: "ąčęėįšų" },
  { charset: "cp866", text: "экзамен" },
  { charset: "koi8r", text: "экзамен" },
  { charset: "koi8u", text: "іспит ґ" },
  { charset: "tis620", text: "การสอบ" },
  { charset: "macroman", text: "déjà" },
  { charset: "ucs2", text: "考试 é" },
  { charset: "utf16", text: "考试 😀" },
  { charset: "utf16le", text: "考试 😀" },
  { charset: "utf8mb3", text: "考试" },
  { charset: "utf8mb4", text: "考试 😀" },
  { charset: "ascii", text: "exam" }
]
