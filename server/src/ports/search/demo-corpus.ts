import { hash32 } from '../../variant-assignment.ts'
import type { SearchEngine, SearchResult } from './port.ts'

/**
 * What is said of the demo's made-up companies. Nothing of it is true of anybody: it answers only for names under the domains
 * that are reserved for examples (RFC 2606), and every result says in its title that it is made up.
 */
export const DEMO_CORPUS_NAME = 'Bavlio’s demo corpus (made up)'

/** By the last word of a company's name; `%` is the company. */
const CORPUS: Record<string, string[]> = {
  Logistics: [
    '% runs a cross-dock warehouse and delivers to shops before they open.',
    '% moved its customs paperwork to electronic files last year.',
    '% carries chilled goods between four ports.',
    '% counts parcels by camera at every gate.',
  ],
  Software: [
    '% makes scheduling software for workshops.',
    '% ships a new version every second Tuesday and publishes what changed.',
    '% keeps its customers’ data in two data centres of its own country.',
    '% sells through eleven regional partners.',
  ],
  Consulting: [
    '% advises family businesses on succession.',
    '% wrote a public handbook on fair procurement.',
    '% works in teams of two and charges by result.',
    '% opened a second office for projects in the public sector.',
  ],
  Energy: [
    '% builds battery storage for farms.',
    '% took over the heating network of a small town.',
    '% offers its customers a tariff that follows the weather.',
    '% trains electricians in its own workshop.',
  ],
  Robotics: [
    '% builds gripping arms for bakeries.',
    '% tests its machines with the people who will work beside them.',
    '% lends robots by the month.',
    '% put its motion planner under an open licence.',
  ],
  Foods: [
    '% bottles juice from old orchards.',
    '% delivers to school kitchens in three regions.',
    '% prints the day of harvest on every jar.',
    '% replaced its plastic trays with cardboard.',
  ],
  Media: [
    '% produces a weekly radio programme about inventions.',
    '% publishes local newspapers in two languages.',
    '% films training courses for hospitals.',
    '% archives the photographs of a whole province.',
  ],
  Health: [
    '% runs four practices with evening hours.',
    '% rents hearing devices by the month.',
    '% answers questions of patients by telephone around the clock.',
    '% trains nurses for work in the countryside.',
  ],
  Finance: [
    '% lends to craftspeople who buy their first machine.',
    '% publishes its own fees on one page.',
    '% handles payroll for theatres.',
    '% opened a branch without counters.',
  ],
  Textiles: [
    '% weaves cloth for theatre curtains.',
    '% takes back worn work clothes and spins them anew.',
    '% dyes with plants from its own garden.',
    '% supplies uniforms to three railways.',
  ],
  Analytics: [
    '% measures how long customers wait at counters.',
    '% forecasts the demand for spare parts.',
    '% publishes a quarterly report on regional trade.',
    '% trains its customers’ own analysts.',
  ],
  Security: [
    '% tests the locks of public buildings.',
    '% watches building sites at night with two people and a dog.',
    '% publishes every fault that it finds after ninety days.',
    '% trains reception staff.',
  ],
  Travel: [
    '% plans walking tours with luggage transport.',
    '% sells night train tickets for six countries.',
    '% answers every call within three rings.',
    '% plans trips for choirs and orchestras.',
  ],
  Packaging: [
    '% folds boxes from recycled cardboard.',
    '% makes bottles that can be filled forty times.',
    '% designs packages that open without a knife.',
    '% put up a second printing line.',
  ],
  Tooling: [
    '% grinds blades for sawmills.',
    '% makes moulds for toys.',
    '% repairs tools that others made.',
    '% keeps spare parts for thirty years.',
  ],
  Labs: [
    '% tests drinking water for villages.',
    '% lends measuring devices to schools.',
    '% developed a quick test for seed quality.',
    '% shares its laboratory with two universities.',
  ],
  Studio: [
    '% designs signs for museums.',
    '% builds scale models of bridges.',
    '% records audio books with amateur speakers.',
    '% drew the typeface of a tram network.',
  ],
  Optics: [
    '% grinds lenses for microscopes.',
    '% makes glasses for people who work at height.',
    '% repairs telescopes of public observatories.',
    '% opened a training workshop for apprentices.',
  ],
  Mobility: [
    '% lends cargo bicycles in small towns.',
    '% runs buses that come when they are called.',
    '% converts delivery vans to electric drive.',
    '% plans car parks that become parks.',
  ],
  Systems: [
    '% builds control cabinets for waterworks.',
    '% looks after the computers of nine city halls.',
    '% wires stages and trade fairs.',
    '% answers faults within four hours.',
  ],
}

const TRADES = new RegExp(
  `(?:^|[\\s"])([\\p{L}\\p{M}’'. -]{2,60}? (${Object.keys(CORPUS).join('|')}))(?=$|[\\s",.])`,
  'u',
)
const RESERVED = /(?:^|[\s.@])(?:[\w-]+\.)*(?:example|test|example\.(?:com|net|org))(?:$|[\s"])/i
const STATEMENTS = 2

/** The same is always said of the same company. It knows companies only: no result names a person. */
export const searchDemoCorpus: SearchEngine = {
  name: DEMO_CORPUS_NAME,
  is_bundled: true,
  search: async (query, { limit, signal }) => {
    signal.throwIfAborted()
    const found = TRADES.exec(query)
    if (!found || !RESERVED.test(query)) return []
    const name = (found[1] as string).trim()
    const statements = CORPUS[found[2] as string] ?? []
    const first = hash32(name) % statements.length
    return Array.from(
      { length: Math.min(STATEMENTS, limit) },
      (_, index): SearchResult => ({
        title: `${name}: ${DEMO_CORPUS_NAME}`,
        url: null,
        snippet: (statements[(first + index) % statements.length] as string).replace('%', name),
      }),
    )
  },
}
