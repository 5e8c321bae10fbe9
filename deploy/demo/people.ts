/**
 * The company of the demo: learners keyed by phone, employees keyed by 工号, and how they hang together.
 *
 * Most learners are proven by phone, some by e-mail only. Of the rest some have no employee, some a phone that two
 * employees share, some a phone and an e-mail of different people: their scores must be held. The employees of a few
 * are entered while the demo runs: their scores must be held until then and filed afterwards.
 */
import { Random } from "./Random.ts"

export type LearnerKind = "phone" | "email" | "late" | "absent" | "ambiguous" | "conflict"

export interface Learner {
  /** as decimal text: such ids are above 2^53 */
  readonly id: string
  readonly name: string
  readonly phone: string | null
  readonly email: string | null
  readonly kind: LearnerKind
}

export interface Employee {
  /** 工号, with leading zeros */
  readonly no: string
  readonly name: string
  readonly phone: string | null
  readonly email: string | null
  readonly department: string
}

export interface Exam {
  readonly no: string
  readonly title: string
  /** points, as the database prints them */
  readonly fullMark: string
  readonly passMark: string
}

export interface People {
  readonly learners: ReadonlyArray<Learner>
  /** known to HR from the start */
  readonly employees: ReadonlyArray<Employee>
  /** entered while the demo runs */
  readonly late: ReadonlyArray<Employee>
}

const SURNAMES =
  "王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 吴wu 周zhou 徐xu 孙sun 马ma 朱zhu 胡hu 郭guo 何he 高gao 林lin 罗luo 郑zheng 梁liang 谢xie 宋song 唐tang 许xu 韩han 冯feng 邓deng 曹cao 欧阳ouyang"
const GIVEN =
  "伟wei 芳fang 娜na 敏min 静jing 丽li 强qiang 磊lei 洋yang 艳yan 勇yong 杰jie 娟juan 涛tao 明ming 超chao 霞xia 平ping 刚gang 英ying 思远siyuan 子涵zihan 雨桐yutong 浩然haoran 欣怡xinyi 梓萱zixuan 俊杰junjie 晓东xiaodong 海燕haiyan 建国jianguo 秀兰xiulan 志强zhiqiang 婷婷tingting 嘉琪jiaqi 䶮yan"
const DEPARTMENTS = [
  "销售一部",
  "销售二部",
  "客户成功部",
  "研发中心",
  "生产运营部",
  "质量安全部",
  "人力资源部",
  "财务部"
]
const MOBILE_PREFIXES = ["133", "135", "136", "137", "138", "139", "150", "158", "177", "186", "188", "199"]

/** How many learners of each kind; the shares of a company that never cleaned its master records. */
export const LEARNERS: Readonly<Record<LearnerKind, number>> = {
  phone: 340,
  email: 36,
  late: 16,
  absent: 12,
  ambiguous: 8,
  conflict: 8
}
const EMPLOYEES_WITHOUT_EXAMS = 120

export const EXAMS: ReadonlyArray<Exam> = [
  { no: "AQ-2026-01", title: "安全生产责任制考试", fullMark: "100.00", passMark: "60.00" },
  { no: "AQ-2026-02", title: "消防演练 🧯 情景考核", fullMark: "100.00", passMark: "80.00" },
  { no: "XX-2026-07", title: "信息安全“必修”:O'Reilly 章节测验", fullMark: "120.00", passMark: "72.00" },
  { no: "HS-2026-03", title: "客户话术 — 场景演练(二)", fullMark: "100.00", passMark: "75.00" },
  { no: "CP-2026-11", title: "产品知识图谱 Q4", fullMark: "150.00", passMark: "90.00" },
  { no: "HG-2026-05", title: "个人信息保护法 \\ 合规培训", fullMark: "100.00", passMark: "60.00" },
  { no: "CW-2026-02", title: "费用报销制度", fullMark: "50.00", passMark: "30.00" },
  { no: "GL-2026-09", title: "新任主管:反馈与辅导", fullMark: "100.00", passMark: "70.00" }
]

interface Person {
  readonly name: string
  readonly phone: string
  readonly email: string
}

const syllables = (text: string): ReadonlyArray<readonly [string, string]> =>
  text.split(" ").map((pair) => {
    const latin = /[a-z]+$/.exec(pair)![0]
    return [pair.slice(0, -latin.length), latin]
  })

/** People with phones and e-mail addresses that nobody else has. */
const personMaker = (random: Random): (() => Person) => {
  const surnames = syllables(SURNAMES)
  const given = syllables(GIVEN)
  const phones = new Set<string>()
  const mailboxes = new Map<string, number>()
  return () => {
    const [surname, surnameLatin] = random.pick(surnames)
    const [first, firstLatin] = random.pick(given)
    let phone = ""
    do phone = random.pick(MOBILE_PREFIXES) + String(random.whole(0, 99_999_999)).padStart(8, "0")
    while (phones.has(phone))
    phones.add(phone)
    const mailbox = `${firstLatin}.${surnameLatin}`
    const count = (mailboxes.get(mailbox) ?? 0) + 1
    mailboxes.set(mailbox, count)
    return {
      name: surname + first,
      phone,
      email: `${mailbox}${count === 1 ? "" : count}@example.com`
    }
  }
}

export const makePeople = (seed: number): People => {
  const random = new Random(seed)
  const somebody = personMaker(random)
  const learners: Array<Learner> = []
  const employees: Array<Employee> = []
  const late: Array<Employee> = []
  let learnerId = 1_857_391_047_293_861_000n
  let employeeNo = 4100
  const learner = (kind: LearnerKind, name: string, phone: string | null, email: string | null): void => {
    learnerId += BigInt(random.whole(3, 4_194_304))
    learners.push({ id: String(learnerId), name, phone, email, kind })
  }
  const employee = (name: string, phone: string | null, email: string | null): Employee => {
    employeeNo += random.whole(1, 7)
    return {
      no: String(employeeNo).padStart(8, "0"),
      name,
      phone,
      email,
      department: random.pick(DEPARTMENTS)
    }
  }
  const repeat = (kind: LearnerKind, add: (person: Person) => void): void => {
    for (let count = 0; count < LEARNERS[kind]; count++) add(somebody())
  }

  repeat("phone", ({ name, phone, email }) => {
    learner("phone", name, phone, random.chance(0.6) ? email : null)
    employees.push(employee(name, phone, email))
  })
  // registered with a private phone number, or with none
  repeat("email", ({ name, phone, email }) => {
    learner("email", name, random.chance(0.5) ? somebody().phone : null, email)
    employees.push(employee(name, phone, email))
  })
  repeat("late", ({ name, phone, email }) => {
    learner("late", name, phone, email)
    late.push(employee(name, phone, email))
  })
  repeat("absent", ({ name, phone, email }) => learner("absent", name, phone, email))
  // a desk phone that two employees gave as theirs
  repeat("ambiguous", ({ name, phone }) => {
    learner("ambiguous", name, phone, null)
    employees.push(employee(name, phone, null), employee(somebody().name, phone, null))
  })
  // a phone number that the provider gave to somebody else
  repeat("conflict", ({ name, phone, email }) => {
    const other = somebody()
    learner("conflict", name, phone, email)
    employees.push(employee(name, null, email), employee(other.name, phone, other.email))
  })
  for (let count = 0; count < EMPLOYEES_WITHOUT_EXAMS; count++) {
    const { name, phone, email } = somebody()
    employees.push(employee(name, phone, email))
  }
  return { learners, employees, late }
}
