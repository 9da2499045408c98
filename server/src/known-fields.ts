/**
 * What the facts about a lead and a sender say, under names of our own. Facts come from columns and profiles that people
 * made up, so a field is known by any of its usual names; one that is not known is left to the language models.
 */
import { guessField, type LeadField, variableName } from './column-mapping.ts'
import type { Fact } from './ports/llm/port.ts'
import { remembered } from './remembered.ts'

export const knownFields = [
  'first_name',
  'last_name',
  'full_name',
  'salutation',
  'company',
  'title',
  'function',
  'city',
  'region',
  'country',
  'school',
  'former_employer',
  'industry',
  'language',
  'interest',
  'tool',
  'company_size',
  'event',
  'mutual',
  'note',
  'summary',
  'offer',
  'topic',
  'pain',
  'proof',
  'target_function',
  'target_industry',
  'target_size',
  'call_to_action',
  'reason',
  'tone',
] as const
export type KnownField = (typeof knownFields)[number]

export type KnownFact = {
  field: KnownField
  text: string
  fact: Fact
  /** `offer_de` is the offer in German; null where the name says nothing. */
  language: string | null
}

const names: Partial<Record<KnownField, string>> = {
  salutation: 'salutation|anrede|civilite|tratamiento|title_prefix|prefix|gender|geschlecht|sexe|genero|honorific',
  function:
    'department|function|job_function|abteilung|service|departement|departamento|team|seniority_function|area|bereich',
  region:
    'region|state|province|county|bundesland|departement_region|provincia|comunidad|bezirk|kanton|canton|area_region|metro|metro_area|geo',
  school: `school|university|college|education|alma_mater|studies|degree|universitaet|universitat|hochschule|studium|ausbildung|ecole|universite|formation
    |universidad|formacion|educacion|schools|universities|education_school|education_university|education_institution|education_name|uni`,
  former_employer: `former_employer|former_employers|former_company|former_companies|previous_employer|previous_employers|previous_company|previous_companies|past_company
    |past_companies|past_employer|past_employers|ex_company|worked_at|work_history|experience|previous_experience|past_experience|career|previously|frueherer_arbeitgeber
    |fruhere_arbeitgeber|fruherer_arbeitgeber|ancien_employeur|anciens_employeurs|empresa_anterior|empresas_anteriores|last_company|last_employer|background_companies`,
  industry: `industry|company_industry|sector|branche|industrie|secteur|sector_de_actividad|industria|vertical|company_sector|industry_sector|market|field|primary_industry
    |secteur_d_activite|company_vertical`,
  language:
    'language|languages|sprache|sprachen|langue|langues|idioma|idiomas|spoken_languages|languages_spoken|preferred_language|mother_tongue|native_language|correspondence_language',
  interest:
    'interest|interests|hobby|hobbies|interessen|freizeit|centres_d_interet|loisirs|intereses|aficiones|passion|passions|free_time|personal_interests|likes|sports|sport',
  tool: `tool|tools|technology|technologies|tech_stack|stack|software|uses|tech|company_technologies|werkzeuge|systeme|systems|outils|herramientas|crm|erp|techstack|company_tech_stack
    |platforms|programming_languages`,
  company_size: `employees|number_of_employees|employee_count|company_size|headcount|size|mitarbeiter|mitarbeiterzahl|anzahl_mitarbeiter|effectif|effectifs|empleados|numero_de_empleados
    |estimated_num_employees|num_employees|no_employees|team_size|company_headcount|company_employees|staff_count|employees_count|stage|company_stage|funding_stage`,
  event: `event|events|conference|conferences|trade_fair|fair|messe|messen|salon|salons|evenement|evenements|evento|eventos|feria|ferias|attending|attended|attended_event|attended_events
    |webinar|meetup|konferenz|veranstaltung|veranstaltungen|congress|speaking_at`,
  mutual: `mutual|mutual_contact|mutual_contacts|mutual_connection|mutual_connections|shared_connection|shared_connections|shared_contact|common_contact|referrer|referred_by|introduced_by|referral
    |gemeinsamer_kontakt|gemeinsame_kontakte|empfohlen_von|recommande_par|contact_commun|contacto_comun|recomendado_por|knows|contacts|network`,
  note: 'note|notes|comment|comments|remark|remarks|notiz|notizen|bemerkung|bemerkungen|kommentar|remarque|remarques|commentaire|commentaires|nota|notas|comentario|comentarios|context|crm_notes',
  summary: `summary|about|bio|description|company_description|headline|company_summary|short_description|seo_description|company_about|ueber_uns|beschreibung|presentation|descripcion
    |resumen|company_short_description|what_they_do|linkedin_summary`,
  offer: `offer|offering|offerings|product|products|service|services|what_we_do|what_i_do|value_proposition|value_prop|valueproposition|pitch|elevator_pitch|solution|description|company_description
    |about|about_us|summary|product_description|usp|benefit|benefits|angebot|produkt|leistung|nutzen|was_wir_tun|offre|produit|proposition_de_valeur|oferta|producto|servicio|propuesta_de_valor
    |company_offer|what_you_offer|bio|one_liner|tagline|what_company_does`,
  topic: 'topic|subject|theme|thema|sujet|tema|about_what|problem_area|use_case',
  pain: `pain|pains|pain_point|pain_points|problem|problems|challenge|challenges|problem_solved|problems_solved|schmerzpunkt|herausforderung|probleme|defi|douleur|problema|problemas|reto|retos
    |customer_problem|customer_pain|why`,
  proof: `proof|proofs|proof_point|proof_points|case_study|case_studies|result|results|reference|references|testimonial|evidence|achievement|achievements|success_story|social_proof
    |beleg|belege|ergebnis|ergebnisse|referenz|referenzen|preuve|resultat|resultats|prueba|resultado|resultados|example|examples|beispiel|exemple|ejemplo|more|detail|details|facts`,
  target_function: `target_role|target_roles|target_function|target_functions|target_title|target_titles|audience|target_audience|ideal_customer|icp|target|persona|personas|buyer|buyers|customers_are|zielgruppe
    |cible|publico|publico_objetivo|cliente_ideal|who_we_help|who_for|target_customer|target_customers|target_market|ideal_customer_profile|helps`,
  target_industry:
    'target_industry|target_industries|industries|industries_served|customer_industries|target_sector|target_sectors|branchen|zielbranchen|secteurs|secteurs_cibles|sectores|verticals|markets',
  target_size: 'target_size|target_company_size|target_employees|customer_size|company_size_target|zielgroesse',
  call_to_action:
    'call_to_action|cta|ask|question|next_step|handlungsaufforderung|frage|naechster_schritt|appel_a_l_action|prochaine_etape|llamada_a_la_accion|pregunta|siguiente_paso|desired_action|goal_question',
  reason:
    'reason|reason_for_contact|why_them|why_now|trigger|icebreaker|ice_breaker|opening_line|grund|anlass|raison|motivo|personalization|personalisation|first_line',
  tone: 'tone|tone_of_voice|style|tonalitaet|tonalitat|ton|tono|voice|writing_style|formality',
}

const byName = new Map<string, KnownField[]>()
for (const [field, list] of Object.entries(names))
  for (const name of (list ?? '').split('|')) {
    const key = name.trim()
    byName.set(key, [...(byName.get(key) ?? []), field as KnownField])
  }

const fromLead: Partial<Record<LeadField, KnownField>> = {
  first_name: 'first_name',
  last_name: 'last_name',
  full_name: 'full_name',
  company_name: 'company',
  title: 'title',
  country: 'country',
  city: 'city',
}

/** What only senders have: the same word in a lead's row (`product`, `description`) means something else. */
const OF_SENDERS = new Set<KnownField>([
  'offer',
  'topic',
  'pain',
  'proof',
  'target_function',
  'target_industry',
  'target_size',
  'call_to_action',
  'tone',
])
/** What only leads have. */
const OF_LEADS = new Set<KnownField>(['note', 'reason', 'salutation', 'summary', 'function'])

const LANGUAGE_ENDING =
  /_(?:(en|english|englisch|anglais|ingles)|(de|german|deutsch|allemand|aleman)|(fr|french|franzosisch|francais|frances)|(es|spanish|spanisch|espagnol|espanol))$/
const CODES = ['en', 'de', 'fr', 'es'] as const

type NameReading = { fields: KnownField[]; language: string | null }

const readName = (name: string, about: 'sender' | 'lead'): NameReading => {
  const whole = variableName(name)
  const fits = (field: KnownField): boolean => (about === 'sender' ? !OF_LEADS.has(field) : !OF_SENDERS.has(field))
  const read = (key: string): KnownField[] => {
    const guessed = guessField(key.replaceAll('_', ' '))
    const lead = guessed ? fromLead[guessed] : undefined
    return [...(byName.get(key) ?? []), ...(lead ? [lead] : [])].filter(fits)
  }
  const ending = LANGUAGE_ENDING.exec(whole)
  const language = ending ? (CODES[ending.slice(1).findIndex(Boolean)] ?? null) : null
  let key = ending ? whole.slice(0, ending.index) : whole
  // Lists of objects are numbered (`education_0_school`), and so are columns that a form repeats (`interest_2`).
  key = key.replaceAll(/_\d+(?=_|$)/g, '').replace(/^(?:number_of|no|num)_/, 'number_of_')
  for (let round = 0; round < 3; round++) {
    const fields = read(key)
    if (fields.length) return { fields, language }
    const shorter = key.replace(
      /^(?:sender|my|our|your|company|lead|person|contact|prospect|profile|business|personal|organization|their|the|customer|linkedin|user|data)_/,
      '',
    )
    if (shorter === key) break
    key = shorter
  }
  return { fields: [], language }
}

/** The fields that a name stands for, most likely first, for facts about a sender or about a lead. Lists have the same names for all of their leads. */
const fieldsOfName = remembered(readName, { most: 2_000, longest: 100, keyOf: (name, about) => `${about} ${name}` })

/** Facts under the names of known fields, in the order given; those of unknown fields and free sentences are not among them. */
export const readKnownFacts = (facts: readonly Fact[]): { lead: KnownFact[]; sender: KnownFact[] } => {
  const lead: KnownFact[] = []
  const sender: KnownFact[] = []
  for (const fact of facts) {
    if (fact.field === null || fact.about === 'correspondence') continue
    const about = fact.about === 'sender' ? 'sender' : 'lead'
    const { fields, language } = fieldsOfName(fact.field, about)
    const field = fields[0]
    if (!field) continue
    const text = withoutLabel(fact.text, fact.field)
    ;(about === 'sender' ? sender : lead).push({ field, text, fact, language })
  }
  return { lead, sender }
}

/** `City: Lyon` of the field `city` is `Lyon`. */
const withoutLabel = (text: string, field: string): string => {
  const colon = text.indexOf(':')
  if (colon < 1 || colon > 60) return text.trim()
  return variableName(text.slice(0, colon)) === variableName(field) ? text.slice(colon + 1).trim() : text.trim()
}

// Lists of objects come as JSON: what names each of them is taken.
const OBJECT_NAME =
  /"(?:school|school_?name|institution|university|name|company|company_?name|organi[sz]ation|employer)"\s*:\s*"([^"\\]{1,200})"/gi

/** The single values of a cell that lists several: by line, semicolon, bar, bullet or comma; JSON lists too. At most 20. */
export const listed = (text: string): string[] => {
  const named = [...text.matchAll(OBJECT_NAME)].map((found) => found[1] as string)
  if (named.length) return named.slice(0, 20)
  const plain = /^\s*\[.*\]\s*$/s.test(text) ? text.replace(/^\s*\[|\]\s*$/g, '').replaceAll(/["']/g, '') : text
  const strong = plain.split(/\s*[;|•·\n]\s*|\s+\/\s+/).filter((part) => part.trim() !== '')
  const parts = strong.length > 1 ? strong : plain.split(/\s*,\s*/)
  return parts
    .map((part) => part.replace(/^(?:and|und|et|y|e|sowie)\s+/i, '').trim())
    .filter((part) => part !== '')
    .slice(0, 20)
}
