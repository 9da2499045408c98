/** The fields of a lead that the product itself reads; every other column stays available under its own name. */
export const leadFields = [
  'email',
  'first_name',
  'last_name',
  'full_name',
  'company_name',
  'company_domain',
  'title',
  'linkedin_url',
  'phone',
  'country',
  'city',
  'timezone',
  'website',
] as const

export type LeadField = (typeof leadFields)[number]

export type ColumnConflict = { field: LeadField; columns: string[]; chosen: string }

export type ColumnMapping = { mapping: Record<string, LeadField>; conflicts: ColumnConflict[] }

export type ColumnName = {
  /** The header as it stands in the file, without surrounding space. */
  header: string
  /** Unique and never empty: the key of the value in a row. */
  name: string
  /** Unique snake_case ASCII: what a template writes between the braces. */
  variable_name: string
}

const LONGEST_NAME = 200

/**
 * Guesses which column holds which field of a lead, from its header in the languages and spellings of common exports
 * and from sample values. Values overrule headers where they are clear: an "Email" column of words such as "verified"
 * is no address, and a column of addresses is one whatever its header. Where two columns fit one field the first in
 * file order wins and the choice is reported; a column found by its values alone never displaces one found by name.
 * `labels` is the lowest line of a header of several lines, for columns whose whole name says nothing ("Personal details
 * First name").
 */
export function guessMapping(columns: string[], samples: Record<string, string>[], labels?: string[]): ColumnMapping {
  const candidates = new Map<LeadField, string[]>()
  const claim = (field: LeadField, column: string) => {
    const claimed = candidates.get(field)
    if (claimed) claimed.push(column)
    else candidates.set(field, [column])
  }

  const undecided: { column: string; kinds: ValueKinds }[] = []
  const generic: string[] = []
  for (const [index, column] of columns.entries()) {
    let words = headerWords(column)
    const label = labels?.[index]
    if (label !== undefined && label !== column && !genericNames.has(words) && fieldOfWords(words) === undefined)
      words = headerWords(label)
    const kinds = valueKinds(column, samples)
    if (genericNames.has(words)) {
      if (kinds.filled > 0 && kinds.email >= 0.5) claim('email', column)
      else generic.push(column)
      continue
    }
    const field = fieldOfWords(words)
    if (field === undefined) {
      undecided.push({ column, kinds })
      continue
    }
    const corrected = correctByValues(field, kinds)
    if (corrected) claim(corrected, column)
    else if (field !== 'email') undecided.push({ column, kinds })
  }

  // "Name" is the family name beside "Vorname", the given name beside "Apellidos", and the whole name alone.
  for (const column of generic) {
    if (candidates.has('first_name') && !candidates.has('last_name')) claim('last_name', column)
    else if (candidates.has('last_name') && !candidates.has('first_name')) claim('first_name', column)
    else claim('full_name', column)
  }

  for (const { column, kinds } of undecided) {
    const words = headerWords(column)
    if (kinds.filled === 0) continue
    if (kinds.email >= 0.5 && !candidates.has('email')) claim('email', column)
    else if (kinds.linkedin_person >= 0.5 && !candidates.has('linkedin_url')) claim('linkedin_url', column)
    else if (kinds.timezone >= 0.6 && !candidates.has('timezone')) claim('timezone', column)
    else if (kinds.url >= 0.6 && !candidates.has('website') && /\b(url|link|homepage|site)\b/.test(words)) {
      if (kinds.linkedin_company < 0.3) claim('website', column)
    }
  }

  const mapping: Record<string, LeadField> = {}
  const conflicts: ColumnConflict[] = []
  for (const field of leadFields) {
    const claimed = candidates.get(field)
    const chosen = claimed?.[0]
    if (!claimed || chosen === undefined) continue
    mapping[chosen] = field
    if (claimed.length > 1) conflicts.push({ field, columns: claimed, chosen })
  }
  return { mapping, conflicts }
}

/** The field a header names by itself, without looking at values; undefined for anything unknown. */
export function guessField(header: string): LeadField | undefined {
  const words = headerWords(header)
  return genericNames.has(words) ? 'full_name' : fieldOfWords(words)
}

/**
 * Makes the headers of a file usable as keys: trimmed, one line, without control characters, at most 200 characters,
 * never empty (`column_3`), never twice (`Email`, `Email (2)`), never a name that objects treat specially.
 */
export function normalizeColumnNames(headers: string[]): ColumnName[] {
  const names = new Set<string>()
  const variables = new Set<string>()
  // How often a name was asked for, so that 10,000 equal headers do not each count up from two.
  const nextName = new Map<string, number>()
  const nextVariable = new Map<string, number>()
  return headers.map((raw, index) => {
    const header = raw
      .toWellFormed()
      .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, (run) => (/^\p{Cf}+$/u.test(run) ? '' : ' '))
      .trim()
    let base = header.length > LONGEST_NAME ? header.slice(0, LONGEST_NAME).toWellFormed().trimEnd() : header
    if (base === '') base = `column_${index + 1}`
    else if (unsafeKeys.has(base)) base = `${base} (column)`
    const name = unique(base, names, nextName, (text, count) => `${text} (${count})`)
    const variable = unique(variableOf(header, index), variables, nextVariable, (text, count) => `${text}_${count}`)
    return { header, name, variable_name: variable }
  })
}

/**
 * A header as a template variable: `Prénom` → `prenom`, `Company Name for Emails` → `company_name_for_emails`,
 * `companyName` → `company_name`. Cyrillic and Greek letters are written in Latin ones; a header with nothing that can
 * be written so gives `column`. Never a word that Liquid reads as a literal or an operator, never a leading digit.
 */
export function variableName(header: string): string {
  return variableOf(header, undefined)
}

function variableOf(header: string, index: number | undefined): string {
  const latin = [...header.slice(0, LONGEST_NAME).normalize('NFKD').replaceAll(/\p{M}/gu, '')]
    .map((character) => (character.charCodeAt(0) < 128 ? character : transliterate(character)))
    .join('')
  let name = splitCamelCase(latin)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replace(/^_+/, '')
    .slice(0, 64)
    .replace(/_+$/, '')
    .replace(/(^|_)linked_in(?=_|$)/g, '$1linkedin')
  if (name === '') return index === undefined ? 'column' : `column_${index + 1}`
  if (/^\d/.test(name)) name = `column_${name}`
  return reservedVariables.has(name) ? `${name}_value` : name
}

function unique(
  base: string,
  taken: Set<string>,
  counts: Map<string, number>,
  numbered: (text: string, count: number) => string,
): string {
  let name = base
  let count = counts.get(base) ?? 2
  while (taken.has(name)) name = numbered(base, count++)
  counts.set(base, count)
  taken.add(name)
  return name
}

// Keys that a plain object does not simply hold, or that every object seems to have.
const unsafeKeys = new Set(['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'])

const reservedVariables = new Set(
  `true false nil null undefined blank empty and or not contains in if unless else elsif case when for endfor forloop
  assign capture tablerow tablerowloop cycle with as reversed limit offset constructor prototype size first last
  `
    .trim()
    .split(/\s+/),
)

const transliterations: Record<string, string> = {
  ß: 'ss',
  ẞ: 'ss',
  æ: 'ae',
  Æ: 'Ae',
  ø: 'o',
  Ø: 'O',
  œ: 'oe',
  Œ: 'Oe',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
  ħ: 'h',
  Ħ: 'H',
  ŋ: 'ng',
  ŧ: 't',
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'g',
  д: 'd',
  е: 'e',
  ж: 'zh',
  з: 'z',
  и: 'i',
  й: 'i',
  к: 'k',
  л: 'l',
  м: 'm',
  н: 'n',
  о: 'o',
  п: 'p',
  р: 'r',
  с: 's',
  т: 't',
  у: 'u',
  ф: 'f',
  х: 'kh',
  ц: 'ts',
  ч: 'ch',
  ш: 'sh',
  щ: 'shch',
  ъ: '',
  ы: 'y',
  ь: '',
  э: 'e',
  ю: 'yu',
  я: 'ya',
  є: 'ye',
  і: 'i',
  ґ: 'g',
  ј: 'j',
  љ: 'lj',
  њ: 'nj',
  ћ: 'c',
  ђ: 'dj',
  џ: 'dz',
  α: 'a',
  β: 'v',
  γ: 'g',
  δ: 'd',
  ε: 'e',
  ζ: 'z',
  η: 'i',
  θ: 'th',
  ι: 'i',
  κ: 'k',
  λ: 'l',
  μ: 'm',
  ν: 'n',
  ξ: 'x',
  ο: 'o',
  π: 'p',
  ρ: 'r',
  σ: 's',
  ς: 's',
  τ: 't',
  υ: 'y',
  φ: 'f',
  χ: 'ch',
  ψ: 'ps',
  ω: 'o',
}

function transliterate(character: string): string {
  return transliterations[character] ?? transliterations[character.toLowerCase()] ?? ' '
}

function splitCamelCase(text: string): string {
  return text.replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2').replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
}

/** A header reduced to what it says: no accents, case, punctuation or camel case; `E-Mail` and `LinkedIn` as one word. */
function headerWords(header: string): string {
  return splitCamelCase(header.slice(0, LONGEST_NAME).normalize('NFKD').replaceAll(/\p{M}/gu, ''))
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .replaceAll(/\be (mails?)\b/g, 'e$1')
    .replaceAll(/\blinked in\b/g, 'linkedin')
    .replaceAll(/\btime zone\b/g, 'timezone')
    .replaceAll(/\bweb (site|page)\b/g, 'web$1')
}

const genericNames = new Set(['name', 'naam', 'nom', 'nome', 'nombre', 'navn', 'namn', 'имя'].map(headerWords))

const spellings: Record<LeadField, string> = {
  email: `email|emails|email address|email adresse|emailadresse|email addresses|mail|mail address|mail adresse|mailadresse
    |email id|email 1|email 1 value|email1|email primary|email work|work email|email business|email professionnel
    |adresse email|adresse mail|adresse electronique|adresse de messagerie|courriel|mel|correo|correo electronico
    |direccion de correo|direccion de correo electronico|email corporativo|indirizzo email|posta elettronica|mail aziendale
    |endereco de email|correio eletronico|emailadres|e post|epost|e postadresse|epostadresse|eposta|e posta|eposta adresi
    |sahkoposti|sahkopostiosoite|adres email|poczta|emailova adresa|elektronicka posta|email cim|adresa de email
    |электронная почта|почта|эл почта|имейл|емейл|電子メール|メール|メールアドレス|邮箱|电子邮件|电子邮箱|이메일|email verified address
    |email to|to email|recipient|recipient email|workemail|primaryemail|mail id`,
  first_name: `first name|firstname|first|fname|given name|givenname|given names|forename|vorname|rufname|prenom|primer nombre
    |nombre de pila|nombres|primeiro nome|nome proprio|voornaam|fornavn|fornamn|etunimi|imie|jmeno|krestni jmeno|keresztnev
    |prenume|ad|adi|isim|имя контакта|名|first name cleaned|nome di battesimo|ime|fist name`,
  last_name: `last name|lastname|last|lname|surname|family name|familyname|nachname|familienname|zuname|nom de famille
    |nom famille|apellido|apellidos|primer apellido|cognome|sobrenome|ultimo nome|apelido|achternaam|familienaam|etternavn
    |efternavn|efternamn|sukunimi|nazwisko|prijmeni|vezeteknev|nume de familie|soyad|soyadi|soyisim|фамилия|姓|prezime`,
  full_name: `full name|contact name|contact|fullname|display name|complete name|person name|lead name|prospect name|candidate name
    |vollstandiger name|vollstaendiger name|ganzer name|vor und nachname|vorname nachname|ansprechpartner|kontaktperson
    |nom complet|nom et prenom|prenom et nom|nom prenom|nombre completo|nombre y apellidos|nome completo|nome e cognome
    |volledige naam|contactpersoon|fullt navn|fullstandigt namn|imie i nazwisko|cele jmeno|jmeno a prijmeni|ad soyad|фио
    |полное имя|氏名|姓名|이름`,
  company_name: `company|company name|companyname|company name for emails|cleaned company name|company cleaned|organization
    |organisation|organization name|organisation name|organization 1 name|account|account name|employer|business name
    |current company|current company name|firm|firma|firmenname|firmenbezeichnung|unternehmen|unternehmensname|betrieb
    |gesellschaft|arbeitgeber|entreprise|nom de l entreprise|nom entreprise|societe|nom de la societe|raison sociale|empresa
    |nombre de la empresa|nombre empresa|compania|razon social|organizacion|azienda|nome azienda|nome dell azienda|societa
    |ragione sociale|ditta|nome da empresa|nome empresa|companhia|bedrijf|bedrijfsnaam|organisatie|firmanavn|virksomhed
    |bedrift|selskap|foretag|foretagsnamn|yritys|nazwa firmy|spolecnost|nazev firmy|nazev spolecnosti|ceg|cegnev|companie
    |sirket|sirket adi|kurum|компания|организация|название компании|会社|会社名|公司|公司名称|회사|회사명|poduzece|tvrtka`,
  company_domain: `domain|domain name|company domain|company domain name|companydomain|email domain|primary domain
    |organization domain|account domain|firmendomain|unternehmensdomain|domaine|domaine de l entreprise|nom de domaine
    |dominio|dominio de la empresa|dominio aziendale|dominio da empresa|domein|bedrijfsdomein|domena|domene|doman|домен
    |company website domain|website domain|root domain`,
  title: `title|job title|jobtitle|job|position|job position|role|job role|current title|current position|designation
    |occupation|function|job function title|headline|berufsbezeichnung|berufstitel|stellenbezeichnung|stelle|funktion|rolle
    |jobbezeichnung|poste|intitule du poste|intitule de poste|fonction|titre|titre du poste|metier|cargo|puesto
    |puesto de trabajo|titulo|ruolo|posizione|qualifica|mansione|titolo|funcao|cargo atual|functie|functietitel|stilling
    |stillingsbetegnelse|titel|tittel|befattning|yrkestitel|titteli|tehtavanimike|stanowisko|pozice|pracovni pozice|funkce
    |beosztas|functia|unvan|pozisyon|gorev|должность|役職|職位|职位|职务|직책|직함`,
  linkedin_url: `linkedin|linkedin url|linkedin profile|linkedin profile url|linkedin link|linkedin contact profile url
    |linkedinurl|linkedin profil|profil linkedin|linkedin profil url|url linkedin|lien linkedin|perfil de linkedin
    |perfil linkedin|profilo linkedin|linkedin member url|linkedin public url|linkedin bio|li url|li profile|li profile url
    |default profile url|linkedin profile link|linkedin public profile|linkedin profiel|sales navigator url|profile url`,
  phone: `phone|phone number|phone 1|phone 1 value|phonenumber|telephone|telephone number|tel|tel no|tel nr|mobile
    |mobile phone|mobile number|mobile phone number|cell|cell phone|cellphone|direct phone|direct phone number|direct dial
    |direct|work phone|work direct phone|business phone|corporate phone|first phone|telefon|telefonnummer|telefon nr|telefonnr
    |handy|handynummer|mobil|mobilnummer|mobiltelefon|mobilfunk|durchwahl|rufnummer|numero de telephone|telephone portable
    |portable|ligne directe|telephone mobile|telefono|numero de telefono|telefono movil|movil|celular|cellulare|telefono cellulare
    |numero di telefono|telefone|numero de telefone|telemovel|telefoonnummer|telefoon|mobiel|mobiele telefoon|telefonnumer|tlf
    |puhelin|puhelinnumero|numer telefonu|komorka|telefonni cislo|telefonszam|numar de telefon|telefon numarasi|cep telefonu
    |телефон|номер телефона|мобильный|電話|電話番号|携帯|电话|手机|전화|전화번호`,
  country: `country|country region|country name|country code|nation|land|staat|lander|laender|pays|pais|paese|nazione|nacion
    |maa|kraj|panstwo|zeme|stat|orszag|tara|ulke|страна|国|国家|국가|drzava|business country region|mailing country
    |person country|address country`,
  city: `city|town|city name|stadt|ort|wohnort|ville|commune|ciudad|localidad|poblacion|citta|localita|cidade|municipio|stad
    |plaats|woonplaats|by|poststed|kaupunki|miasto|miejscowosc|mesto|obec|varos|oras|sehir|город|都市|城市|도시|grad
    |business city|mailing city|address city`,
  timezone: `timezone|tz|timezone name|iana timezone|local timezone|zeitzone|fuseau horaire|fuseau|zona horaria|huso horario
    |fuso orario|fuso horario|tijdzone|tidszone|tidssone|tidzon|aikavyohyke|strefa czasowa|casove pasmo|casova zona|idozona
    |fus orar|saat dilimi|часовой пояс|タイムゾーン|时区|시간대|hs timezone`,
  website: `website|website url|webseite|internetseite|internetadresse|homepage|web|webpage|url|web url|site|site web
    |site internet|company website|company website url|company url|company homepage|organization website|business website
    |corporate website|sitio web|pagina web|web de la empresa|sito|sito web|sito internet|website aziendale|website bedrijf
    |hjemmeside|nettside|nettsted|hemsida|webbplats|verkkosivu|verkkosivusto|kotisivu|strona|strona www|strona internetowa|www
    |webove stranky|web stranka|weboldal|honlap|site ul|web sitesi|сайт|веб сайт|ウェブサイト|网站|网址|웹사이트|firmenwebsite
    |unternehmenswebsite|organization 1 website|website 1 value`,
}

const fieldBySpelling = new Map<string, LeadField>()
for (const field of leadFields) {
  for (const spelling of spellings[field].split('|')) fieldBySpelling.set(headerWords(spelling), field)
}

// What stands before a field and does not change it: "Contact Email", "Person Linkedin Url", "Lead - First Name".
const neutralPrefix =
  /^(person|personal|contact|contacts|lead|prospect|primary|main|customer|client|kontakt|recipient|user|properties|hs|your|candidate|decision maker|dm|individual) (?=.)/
const neutralSuffix = /(?<=.) (s|value|required|optional|pflichtfeld|obligatoire|person|contact|of contact|of person)$/

function fieldOfWords(words: string): LeadField | undefined {
  let rest = words
  for (let round = 0; round < 3; round++) {
    const field = fieldBySpelling.get(rest)
    if (field) return field
    const shorter = rest.replace(neutralPrefix, '').replace(neutralSuffix, '')
    if (shorter === rest) return undefined
    rest = shorter
  }
  return fieldBySpelling.get(rest)
}

type ValueKinds = {
  filled: number
  email: number
  linkedin_person: number
  linkedin_company: number
  url: number
  timezone: number
}

/** Shares (0 to 1) of the filled samples that plainly are of a kind. At most 200 samples are looked at. */
function valueKinds(column: string, samples: Record<string, string>[]): ValueKinds {
  let filled = 0
  let email = 0
  let person = 0
  let company = 0
  let url = 0
  let timezone = 0
  for (const sample of samples.slice(0, 200)) {
    const value = (Object.hasOwn(sample, column) ? (sample[column] ?? '') : '').trim().slice(0, 300)
    if (value === '') continue
    filled++
    if (looksLikeEmail(value)) email++
    if (/linkedin\.com\/(in|pub|sales|talent)\//i.test(value)) person++
    else if (/linkedin\.com\/(company|school|showcase)\//i.test(value)) company++
    if (/^(https?:\/\/|www\.)\S+$/i.test(value)) url++
    if (
      /^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)\/[A-Za-z_/+-]+$/.test(value)
    ) {
      timezone++
    }
  }
  const share = (count: number) => (filled === 0 ? 0 : count / filled)
  return {
    filled,
    email: share(email),
    linkedin_person: share(person),
    linkedin_company: share(company),
    url: share(url),
    timezone: share(timezone),
  }
}

/** A rough test for guessing only; what an address is, email-address.ts decides. */
export function looksLikeEmail(value: string): boolean {
  const at = value.indexOf('@')
  if (at < 1 || value.length > 300) return false
  const dot = value.indexOf('.', at + 2)
  return dot !== -1 && dot < value.length - 1 && !/\s/.test(value.slice(Math.max(0, at - 1), dot + 2))
}

/** The field after a look at the values: another one where they say so, undefined where they rule the header out. */
function correctByValues(field: LeadField, kinds: ValueKinds): LeadField | undefined {
  if (kinds.filled === 0) return field
  if (field === 'email') return kinds.email > 0 || kinds.filled < 2 ? field : undefined
  if (kinds.email >= 0.8 && kinds.filled >= 2) return 'email'
  if (field === 'linkedin_url') {
    if (kinds.linkedin_company > 0.5) return undefined
    return kinds.linkedin_person === 0 && kinds.url > 0.5 ? 'website' : field
  }
  if (field === 'website' && kinds.linkedin_person >= 0.5) return 'linkedin_url'
  if (field === 'website' && kinds.linkedin_company >= 0.5) return undefined
  return field
}
