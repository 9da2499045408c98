/** What an import of the demo file must count. Every row falls under exactly one of valid, duplicates and broken. */
export type ExpectedDemoRows = {
  rows: number
  /** Rows with an address that can be written to and that no earlier row has; role addresses are among them. */
  valid: number
  /** Rows whose address, once normalised, stands in an earlier row. */
  duplicates: number
  /** Rows without one usable address, or with fields in the wrong columns. */
  broken: number
  role_addresses: number
}

export const demoColumns = [
  'First Name',
  'Last Name',
  'Job Title',
  'Company Name',
  'E-Mail Address',
  'Phone',
  'Person Linkedin Url',
  'City',
  'Country',
  'Time Zone',
  'Website',
  '# Employees',
  'Notes',
] as const

/**
 * A file of leads for the demo, as messy as real exports are and the same for the same count and seed. All addresses
 * are under names that RFC 2606 and RFC 6761 reserve, so that nothing sent to them by mistake can reach anybody. About
 * 3 % of the rows are broken and 3 % duplicates; 4 % are role addresses.
 */
export function writeDemoCsv(count = 1200, seed = 'bavlio'): string {
  return buildDemoLeads(count, seed).csv
}

/** The file together with what is expected of it, for tests and for the demo's own check of its import. */
export function buildDemoLeads(count = 1200, seed = 'bavlio'): { csv: string; expected: ExpectedDemoRows } {
  const random = randomFrom(seed)
  const brokenCount = Math.round(count * 0.03)
  const duplicateCount = count < 10 ? 0 : Math.round(count * 0.03)
  const roleCount = Math.round(count * 0.04)

  // The kinds are dealt out in exact numbers and then shuffled; the first row is a good one, so that a duplicate
  // always has an earlier row to repeat.
  const kinds: RowKind[] = []
  for (let index = 0; index < count; index++) {
    if (index < brokenCount) kinds.push('broken')
    else if (index < brokenCount + duplicateCount) kinds.push('duplicate')
    else if (index < brokenCount + duplicateCount + roleCount) kinds.push('role')
    else kinds.push('person')
  }
  for (let index = kinds.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const kind = kinds[index] as RowKind
    kinds[index] = kinds[other] as RowKind
    kinds[other] = kind
  }
  const firstGood = kinds.indexOf('person')
  if (firstGood > 0) {
    kinds[firstGood] = kinds[0] as RowKind
    kinds[0] = 'person'
  }

  const companies = makeCompanies(Math.max(3, Math.round(count * 0.55)), random)
  const taken = new Set<string>()
  const written: Lead[] = []
  const lines = [`\ufeff${demoColumns.join(',')}\r\n`]
  let brokenSoFar = 0
  for (const kind of kinds) {
    const lead = makeLead(kind, companies, taken, random)
    if (kind === 'broken') {
      lines.push(brokenLine(brokenSoFar++, lead, random))
      continue
    }
    if (kind === 'duplicate') {
      const earlier = pick(written, random)
      lead.address = earlier.address
      // The same person exported twice, once from an older list: same name, other spelling.
      if (random() < 0.7) Object.assign(lead, { first: earlier.first, last: earlier.last, company: earlier.company })
    } else {
      written.push(lead)
    }
    lines.push(line(cellsOf(lead, random), random() < 0.02 ? '\n' : '\r\n'))
  }
  return {
    csv: lines.join(''),
    expected: {
      rows: count,
      valid: count - brokenCount - duplicateCount,
      duplicates: duplicateCount,
      broken: brokenCount,
      role_addresses: roleCount,
    },
  }
}

type RowKind = 'person' | 'role' | 'duplicate' | 'broken'
type Random = () => number

type Region = {
  country: string[]
  /** City, zone, and the country where the region has several. */
  cities: [string, string, string?][]
  dial: string
  first: string[]
  last: string[]
  titles: string[]
  forms: string[]
}

type Company = {
  region: Region
  name: string
  domain: string
  city: string
  zone: string
  country: string
  employees: string
}

type Lead = { first: string; last: string; title: string; company: Company; address: string; local: string }

function makeLead(kind: RowKind, companies: Company[], taken: Set<string>, random: Random): Lead {
  const company = pick(companies, random)
  const first = pick(company.region.first, random)
  const last = pick(company.region.last, random)
  const f = asciiName(first)
  const l = asciiName(last)
  const shapes = [
    `${f}.${l}`,
    `${f}.${l}`,
    `${f}.${l}`,
    `${f.charAt(0)}${l}`,
    f,
    `${f.charAt(0)}.${l}`,
    `${l}.${f}`,
    `${f}_${l}`,
  ]
  const base = kind === 'role' ? pick(roles, random) : pick(shapes, random)
  // One in ten has written down a private mailbox; role addresses never are private.
  const domain = kind !== 'role' && random() < 0.1 ? pick(mailboxProviders, random) : company.domain
  let local = base
  let host = domain
  if (kind === 'role') {
    while (taken.has(`${base}@${host}`)) host = `${pick(branches, random)}${Math.floor(random() * 90) + 10}.${domain}`
  } else {
    for (let number = 2; taken.has(`${local}@${host}`); number++) local = `${base}${number}`
  }
  const address = `${local}@${host}`
  if (kind !== 'broken' && kind !== 'duplicate') taken.add(address)
  return { first, last, title: pick(company.region.titles, random), company, address, local }
}

/** The cells in the order of demoColumns, with the wear and tear of a real list. */
function cellsOf(lead: Lead, random: Random): string[] {
  const { company } = lead
  const chance = (share: number) => random() < share
  const first = chance(0.04) ? '' : worn(lead.first, random)
  const last = worn(lead.last, random)
  return [
    first,
    last,
    chance(0.08) ? '' : lead.title,
    chance(0.03) ? '' : company.name,
    wornAddress(lead, random),
    chance(0.4) ? '' : phone(company.region, random),
    chance(0.25) ? '' : `http://www.linkedin.com/in/${asciiName(lead.first)}-${asciiName(lead.last)}-${hex(random)}`,
    chance(0.05) ? '' : company.city,
    chance(0.05) ? '' : company.country,
    chance(0.65) ? '' : company.zone,
    chance(0.2) ? '' : `${pick(['https://www.', 'http://', 'https://', ''], random)}${company.domain}`,
    chance(0.3) ? '' : company.employees,
    chance(0.7) ? '' : pick(notes, random),
  ]
}

function worn(name: string, random: Random): string {
  const dice = random()
  if (dice < 0.04) return name.toUpperCase()
  if (dice < 0.08) return name.toLowerCase()
  if (dice < 0.11) return ` ${name} `
  if (dice < 0.12) return `${name}\u00a0`
  return name
}

/** Another spelling of the same address: all of these are one after normalising. */
function wornAddress(lead: Lead, random: Random): string {
  const { address } = lead
  const dice = random()
  if (dice < 0.05) return address.toUpperCase()
  if (dice < 0.12) return address.charAt(0).toUpperCase() + address.slice(1)
  if (dice < 0.15) return ` ${address}`
  if (dice < 0.17) return `${address} `
  if (dice < 0.18) return `\u200b${address}`
  if (dice < 0.19) return `${address}\u00a0`
  if (dice < 0.195) return `mailto:${address}`
  if (dice < 0.2) return `<${address}>`
  if (dice < 0.207) return `${lead.first} ${lead.last} <${address}>`
  if (dice < 0.212) return `${address},`
  return address
}

/** One row that cannot be used, a different way each time. */
function brokenLine(index: number, lead: Lead, random: Random): string {
  const cells = cellsOf(lead, random)
  const spoiled = (address: string) => cells.map((cell, column) => (column === 4 ? address : cell))
  const host = lead.company.domain
  switch (index % 12) {
    case 0:
      return line(spoiled(''), '\r\n')
    case 1:
      return line(spoiled(`${lead.local}.${host}`), '\r\n')
    case 2:
      return line(spoiled(`${lead.local} ${hex(random)}@${host}`), '\r\n')
    case 3:
      // A comma nobody quoted pushes everything behind it one column on.
      return `${cells.slice(0, 3).map(quote).join(',')},Weber, Kraus & Partner,x,${lead.address},${cells
        .slice(5)
        .map((cell) => quote(cell || '-'))
        .join(',')}\r\n`
    case 4:
      return line(spoiled(`${lead.local}@`), '\r\n')
    case 5:
      return line(spoiled('n/a'), '\r\n')
    case 6:
      // A quotation mark that is opened and never closed.
      return `${asciiName(lead.first)},"${lead.last},${lead.title},,${lead.address},,,,,,,,\r\n`
    case 7:
      return line(spoiled(`${lead.local}@${host.split('.')[0]}`), '\r\n')
    case 8:
      return line(spoiled(`${lead.local}@@${host}`), '\r\n')
    case 9:
      return line(spoiled(`${lead.address}; ${pick(roles, random)}@${host}`), '\r\n')
    case 10:
      return `${asciiName(lead.first)} ${asciiName(lead.last)}\r\n`
    default:
      return line(spoiled(`${lead.local}..x@${host}`), '\r\n')
  }
}

function line(cells: string[], end: string): string {
  return cells.map(quote).join(',') + end
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

function makeCompanies(count: number, random: Random): Company[] {
  const companies: Company[] = []
  const domains = new Set<string>()
  while (companies.length < count) {
    const region = pick(regions, random)
    const stem = random() < 0.45 ? pick(region.last, random) : pick(stems, random)
    const trade = pick(trades, random)
    const form = pick(region.forms, random)
    const name = form.startsWith(',') ? `${stem} ${trade}${form}` : `${stem} ${trade} ${form}`.trim()
    const label = `${asciiName(stem)}-${asciiName(trade)}`
    const dice = random()
    // Reserved names only: .example and .test (RFC 6761) and example.com, .net, .org (RFC 2606).
    let domain = `${label}.example`
    if (dice < 0.06) domain = `${label}.test`
    else if (dice < 0.12) domain = `${label}.${pick(['example.com', 'example.net', 'example.org'], random)}`
    else if (dice < 0.15 && /[äöüéèñø]/i.test(stem))
      domain = `${stem.toLowerCase().replaceAll(/[^\p{L}]/gu, '')}.example`
    if (domains.has(domain)) domain = domain.replace(label, `${label}-${companies.length}`)
    if (domains.has(domain)) continue
    domains.add(domain)
    const [city, zone, country = pick(region.country, random)] = pick(region.cities, random)
    companies.push({ region, name, domain, city, zone, country, employees: pick(sizes, random) })
  }
  return companies
}

function phone(region: Region, random: Random): string {
  const digits = String(Math.floor(random() * 9_000_000) + 1_000_000)
  const area = String(Math.floor(random() * 800) + 100)
  const national = `${area} ${digits}`
  return pick(
    [`${region.dial} ${national}`, `${region.dial}${area}${digits}`, `(0)${area}/${digits}`, `0${area}-${digits}`],
    random,
  )
}

function hex(random: Random): string {
  return Math.floor(random() * 0xfffff)
    .toString(16)
    .padStart(5, '0')
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T
}

/** A name as it stands in an address: `Jörg` → `joerg`, `O'Brien` → `obrien`. */
function asciiName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[äöüßøæåł]/g, (letter) => asciiLetters[letter] ?? '')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, (gap) => (gap === ' ' || gap === '-' ? '-' : ''))
}

const asciiLetters: Record<string, string> = {
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
  ß: 'ss',
  ø: 'o',
  æ: 'ae',
  å: 'a',
  ł: 'l',
}

/** FNV-1a for the seed, then mulberry32: small, and the same on every machine. */
function randomFrom(seed: string): Random {
  let state = 0x811c9dc5
  for (let index = 0; index < seed.length; index++) state = Math.imul(state ^ seed.charCodeAt(index), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const roles = [
  'info',
  'sales',
  'office',
  'kontakt',
  'hello',
  'support',
  'contact',
  'hr',
  'marketing',
  'team',
  'billing',
  'vertrieb',
  'noreply',
  'jobs',
  'press',
]
const branches = ['north', 'south', 'east', 'west', 'lab', 'shop', 'group']
const mailboxProviders = [
  'gmail.example',
  'outlook.example',
  'yahoo.example',
  'gmx.example',
  'icloud.example',
  'mail.example.com',
  'post.example.org',
]
const sizes = ['1-10', '11-50', '51-200', '201-500', '501-1000', '1,001-5,000', '5000+', '12', '87', '340', '2300']
const stems = [
  'Nordwind',
  'Blue Harbor',
  'Atlas',
  'Helios',
  'Lumen',
  'Brightwater',
  'Quercus',
  'Vantage',
  'Stonegate',
  'Meridian',
  'Orbit',
  'Cedar',
  'Falcon',
  'Polaris',
  'Rivière',
  'Alpenglühn',
  'Sólido',
  'Ember',
  'Kestrel',
  'Tidewater',
  'Juniper',
  'Granite',
  'Copper Hill',
  'Silberfuchs',
  'Lindenhof',
  'Zephyr',
  'Aurora',
  'Beacon',
  'Cobalt',
  'Delta',
]
const trades = [
  'Logistics',
  'Software',
  'Consulting',
  'Energy',
  'Robotics',
  'Foods',
  'Media',
  'Health',
  'Finance',
  'Textiles',
  'Analytics',
  'Security',
  'Travel',
  'Packaging',
  'Tooling',
  'Labs',
  'Studio',
  'Optics',
  'Mobility',
  'Systems',
]
const notes = [
  'Met at the fair in Hannover',
  'Asked for a price list; call again in autumn',
  'Prefers e-mail, no calls before 10:00',
  'Uses a competitor\nContract ends in spring',
  'Line one\r\nLine two, with a comma\r\nLine three',
  'Said: "send me something short"',
  'VIP 🎯',
  'Referred by J. Doe, ex-colleague',
  'wants ISO 27001 certificate',
  'follow-up!!',
  '—',
  'Office moved:\nHarbour Street 5,\n2nd floor',
]

const regions: Region[] = [
  {
    country: ['Germany', 'Germany', 'Deutschland', 'DE', 'germany'],
    cities: [
      ['Berlin', 'Europe/Berlin'],
      ['München', 'Europe/Berlin'],
      ['Köln', 'Europe/Berlin'],
      ['Hamburg', 'Europe/Berlin'],
      ['Düsseldorf', 'Europe/Berlin'],
      ['Leipzig', 'Europe/Berlin'],
    ],
    dial: '+49',
    first: [
      'Anna',
      'Jörg',
      'Lukas',
      'Käthe',
      'Sabine',
      'Jürgen',
      'Müge',
      'Stefan',
      'Lena',
      'Björn',
      'Claudia',
      'Tobias',
      'Hans-Peter',
      'Annika',
    ],
    last: [
      'Müller',
      'Schmidt',
      'Weiß',
      'Schäfer',
      'Krüger',
      'von der Heide',
      'Braun',
      'Yıldız',
      'Groß',
      'Hoffmann',
      'Köhler',
      'Lang',
      'Meyer-Lüdenscheid',
    ],
    titles: [
      'Geschäftsführer',
      'Leiterin Einkauf',
      'Head of Sales',
      'IT-Leiter',
      'Vertriebsleiterin',
      'CTO',
      'Marketing Manager',
      'Prokurist',
    ],
    forms: ['GmbH', 'GmbH', 'AG', 'GmbH & Co. KG', 'UG', ''],
  },
  {
    country: ['France', 'France', 'FR', 'france'],
    cities: [
      ['Paris', 'Europe/Paris'],
      ['Lyon', 'Europe/Paris'],
      ['Nîmes', 'Europe/Paris'],
      ['Orléans', 'Europe/Paris'],
      ['Besançon', 'Europe/Paris'],
    ],
    dial: '+33',
    first: ['Élodie', 'Zoë', 'François', 'Jean-Luc', 'Chloé', 'Aurélie', 'Thibault', 'Noémie', 'Hélène', 'Mathieu'],
    last: [
      'Lefèvre',
      'Dubois',
      "d'Artagnan",
      'Moreau',
      'Françoise',
      'Girard',
      'Le Goff',
      'Benoît',
      'Chevalier',
      'Garnier',
    ],
    titles: [
      'Directeur général',
      'Responsable achats',
      'Directrice marketing',
      'DSI',
      'Chef de projet',
      'Head of Growth',
    ],
    forms: ['SA', 'SARL', 'SAS', ''],
  },
  {
    country: ['United Kingdom', 'UK', 'United Kingdom', 'England'],
    cities: [
      ['London', 'Europe/London'],
      ['Manchester', 'Europe/London'],
      ['Edinburgh', 'Europe/London'],
      ['Bristol', 'Europe/London'],
    ],
    dial: '+44',
    first: ['Oliver', 'Amelia', 'Siân', 'Harry', 'Priya', 'Callum', 'Imogen', 'Zainab', 'George', 'Niamh'],
    last: ["O'Brien", 'Smith', 'Taylor-Jones', 'Patel', 'MacLeod', 'Hughes', 'Okafor', 'Wright', 'Fitzgerald', 'Khan'],
    titles: ['Managing Director', 'Head of Procurement', 'VP Sales', 'Operations Manager', 'Founder', 'Chief of Staff'],
    forms: ['Ltd', 'Ltd.', 'plc', 'LLP', ''],
  },
  {
    country: ['United States', 'USA', 'US', 'United States'],
    cities: [
      ['New York', 'America/New_York'],
      ['Chicago', 'America/Chicago'],
      ['Denver', 'America/Denver'],
      ['San Francisco', 'America/Los_Angeles'],
      ['Austin, TX', 'America/Chicago'],
      ['Phoenix', 'America/Phoenix'],
    ],
    dial: '+1',
    first: ['Emily', 'Michael', 'Jasmine', 'José', 'Tyler', 'Ashley', 'DeShawn', 'Grace', 'Brandon', 'Mei'],
    last: [
      'Johnson',
      'Garcia',
      'Nguyen',
      'Washington',
      'Kowalski',
      'Lee',
      'Rodriguez',
      'Van Buren',
      'Cohen',
      'Peterson',
    ],
    titles: [
      'CEO',
      'Director of Sales',
      'VP, Marketing',
      'Head of RevOps',
      'Account Executive',
      'Chief Information Officer',
      'Buyer',
    ],
    forms: [', Inc.', 'Inc', 'LLC', 'Corp.', ''],
  },
  {
    country: ['Spain', 'España', 'ES'],
    cities: [
      ['Madrid', 'Europe/Madrid'],
      ['Málaga', 'Europe/Madrid'],
      ['A Coruña', 'Europe/Madrid'],
      ['Las Palmas', 'Atlantic/Canary'],
    ],
    dial: '+34',
    first: ['María', 'Íñigo', 'Lucía', 'Álvaro', 'Begoña', 'Javier', 'Nuria', 'Raúl'],
    last: ['García López', 'Muñoz', 'Fernández', 'Núñez', 'Ibáñez', 'Castro', 'Peña', 'Ortega'],
    titles: ['Director comercial', 'Jefa de compras', 'Gerente', 'Responsable de TI', 'CMO'],
    forms: ['S.L.', 'S.A.', 'SL', ''],
  },
  {
    country: ['Poland', 'Polska', 'PL'],
    cities: [
      ['Warszawa', 'Europe/Warsaw'],
      ['Kraków', 'Europe/Warsaw'],
      ['Łódź', 'Europe/Warsaw'],
    ],
    dial: '+48',
    first: ['Łukasz', 'Agnieszka', 'Paweł', 'Małgorzata', 'Michał', 'Zofia'],
    last: ['Wójcik', 'Kowalska', 'Dąbrowski', 'Żak', 'Nowak', 'Piątek'],
    titles: ['Dyrektor', 'Kierownik sprzedaży', 'Prezes zarządu', 'Specjalista IT'],
    forms: ['Sp. z o.o.', 'S.A.', ''],
  },
  {
    country: ['Sweden', 'Sverige', 'Denmark', 'Norway'],
    cities: [
      ['Malmö', 'Europe/Stockholm', 'Sweden'],
      ['Göteborg', 'Europe/Stockholm', 'Sverige'],
      ['København', 'Europe/Copenhagen', 'Denmark'],
      ['Tromsø', 'Europe/Oslo', 'Norway'],
    ],
    dial: '+46',
    first: ['Åsa', 'Søren', 'Ingrid', 'Håkon', 'Björk', 'Freja'],
    last: ['Lindström', 'Sørensen', 'Åkesson', 'Bjørnstad', 'Nilsson', 'Holm'],
    titles: ['VD', 'Inköpschef', 'Salgschef', 'Head of Engineering', 'Partner'],
    forms: ['AB', 'ApS', 'AS', ''],
  },
  {
    country: ['Japan', '日本', 'India', 'Australia'],
    cities: [
      ['Tokyo', 'Asia/Tokyo', 'Japan'],
      ['Mumbai', 'Asia/Kolkata', 'India'],
      ['Sydney', 'Australia/Sydney', 'Australia'],
      ['Adelaide', 'Australia/Adelaide', 'Australia'],
    ],
    dial: '+81',
    first: ['Yuki', 'Haruto', 'Ananya', 'Rohan', 'Matilda', 'Lachlan'],
    last: ['Tanaka', 'Sato', 'Sharma', 'Iyer', 'Thompson', "O'Connor"],
    titles: ['General Manager', 'Purchasing Lead', 'Country Manager', 'Director'],
    forms: ['K.K.', 'Pvt. Ltd.', 'Pty Ltd', ''],
  },
]
