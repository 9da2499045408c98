/** What people do at a company, as far as a job title tells, in the languages that lists of leads come in. */
export const jobFunctions = [
  'management',
  'finance',
  'procurement',
  'sales',
  'marketing',
  'it',
  'engineering',
  'operations',
  'logistics',
  'people',
  'product',
  'legal',
  'support',
  'projects',
  'data',
  'communication',
] as const
export type JobFunction = (typeof jobFunctions)[number]

const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('ł', 'l')
    .replaceAll('Ł', 'L')
    .replaceAll('ø', 'o')
    .replaceAll('Ø', 'O')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}&]+/gu, ' ')
    .trim()

/** Looked through in this order: `VP Sales` is sales before it is management. */
const WORDS: [JobFunction, RegExp][] = [
  [
    'procurement',
    /\b(procurement|purchas\w*|buyer|sourcing|einkauf\w*|beschaffung\w*|achats?|acheteu\w+|compras|comprador\w*|acquisti|buyer|inkop\w*|indkob\w*|innkjop\w*|zakup\w*|inkoop\w*|hankinta\w*|category manager)\b/,
  ],
  [
    'finance',
    /\b(finance|financial|finanz\w*|accounting|accountant|accounts payable|accounts receivable|controller|controlling|treasur\w*|cfo|buchhalt\w*|rechnungswesen|bookkeep\w*|comptab\w*|financi\w*|daf|raf|contab\w*|finanzas|ekonomi\w*|okonomi\w*|ksiegow\w*|finans\w*|tax|steuer\w*|audit\w*|payroll|billing)\b/,
  ],
  [
    'logistics',
    /\b(logisti\w*|supply chain|warehouse|lager\w*|fulfil\w*ment|transport\w*|fleet|shipping|spedition\w*|approvisionnement\w*|almacen)\b/,
  ],
  [
    'sales',
    /\b(sales|selling|account executive|business develop\w*|bdr|sdr|revenue|revops|vertrieb\w*|verkauf\w*|commercial\w*|comercial|ventes?|ventas|vendite|salg\w*|forsaljning\w*|sprzedaz\w*|verkoop\w*|key account\w*|account manager|cro|partnerships?)\b/,
  ],
  [
    'marketing',
    /\b(marketing|brand\w*|growth|cmo|seo|demand gen\w*|content|e ?commerce|werbung|mercadeo|markedsforing|marknad\w*)\b/,
  ],
  [
    'communication',
    /\b(communications?|public relations|press|presse\w*|kommunikation\w*|comunicacion|media relations)\b/,
  ],
  ['data', /\b(data|analytics|analyst|bi|machine learning|datos|donnees)\b/],
  [
    'it',
    /\b(it|ict|information technology|information officer|cio|ciso|dsi|edv|informati\w*|systems? admin\w*|sysadmin|infrastructure|security|ti|sistemas|it leit\w*)\b/,
  ],
  [
    'engineering',
    /\b(engineer\w*|developer|software|cto|technology officer|technical director|technik\w*|entwickl\w*|ingeni\w*|developpeu\w*|desarroll\w*|devops|architect|r ?& ?d|research|technology|technique|tecnico|utvikl\w*)\b/,
  ],
  ['product', /\b(product|cpo|produkt\w*|produit\w*|producto)\b/],
  [
    'people',
    /\b(hr|human resources|people|talent|recruit\w*|personal\w*|ressources humaines|drh|rrhh|recursos humanos|kadr\w*|personnel)\b/,
  ],
  ['legal', /\b(legal|lawyer|counsel|jurist\w*|recht\w*|juridi\w*|compliance|attorney|avocat\w*|abogad\w*)\b/],
  [
    'support',
    /\b(support|customer (?:success|service|care|experience)|kundenservice|kundendienst|service client|atencion al cliente|help ?desk)\b/,
  ],
  ['projects', /\b(projects?|projekt\w*|projet\w*|proyecto\w*|pmo|scrum|programme?|chef de projet)\b/],
  [
    'operations',
    /\b(operations?|ops|coo|betrieb\w*|produktion\w*|production|manufacturing|plant|werk\w*|operaciones|exploitation|drift\w*|quality|qualitat\w*|office manager|facilit\w*)\b/,
  ],
  [
    'management',
    /\b(ceo|chief executive|founder|co founder|cofounder|owner|president|managing director|general manager|country manager|managing partner|partner|geschaftsfuhr\w*|geschaeftsfuehr\w*|inhaber\w*|vorstand\w*|prokurist\w*|grunder\w*|directeur general|directrice generale|dg|pdg|gerant\w*|fondat\w*|president\w*|director general|directora general|gerente|fundador\w*|propietari\w*|consejer\w* delegad\w*|vd|verkstallande|daglig leder|direktor|dyrektor|prezes\w*|wlasciciel\w*|amministrator\w*|titolare|eigenaar|directeur|toimitusjohtaja|chief of staff|director|managing)\b/,
  ],
]

/**
 * The function that a title names, or null. `Head of Sales`, `Vertriebsleiterin` and `Directeur commercial` are all sales; a
 * title that names none but a place at the top (`CEO`, `Gerente`) is management.
 */
export const jobFunctionOf = (title: string): JobFunction | null => {
  if (title.length > 200) return null
  const words = plain(title)
  for (const [name, pattern] of WORDS) if (pattern.test(words)) return name
  return null
}

/** Every function that a list of words names, as in `finance and procurement teams`. */
export const jobFunctionsIn = (text: string): JobFunction[] => {
  const words = plain(text.slice(0, 500))
  return WORDS.filter(([, pattern]) => pattern.test(words)).map(([name]) => name)
}

/** True for a title at the top of a company or of a part of it: one who decides rather than one who does. */
export const leads = (title: string): boolean =>
  /\b(head|chief|c[a-z]o|vp|vice president|director\w*|direct(?:eur|rice)|leit(?:er|erin|ung)|\w+leit(?:er|erin)|lead|manager|responsable|jef[ea]|gerente|founder|owner|president|geschaftsfuhr\w*|inhaber\w*|partner|dyrektor|kierownik|prezes|vd|\w*chef|\w*sjef|dsi)\b/.test(
    plain(title),
  )

/** True for a title at the very head of a company. */
export const heads = (title: string): boolean =>
  /\b(ceo|chief executive|(?:co )?founder|owner|president(?! of)|managing director|general manager|geschaftsfuhr\w*|geschaeftsfuehr\w*|inhaber\w*|vorstand\w*|directeur general|directrice generale|pdg|gerant\w*|fondat\w*|director general|directora general|gerente|fundador\w*|consejer\w* delegad\w*|vd|daglig leder|prezes\w*|titolare|toimitusjohtaja)\b/.test(
    plain(title),
  ) && !/\b(vice|assistant|deputy|office of)\b/.test(plain(title))
