import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A model's server that answers at once, over the OpenAI-compatible protocol: to a request for a message one that differs from
 * lead to lead and leans on their facts, to a request for a second look that all is well. Prints its port.
 */
const OPENINGS = [
  'I read that',
  'It was new to me that',
  'Your site says that',
  'A colleague told me that',
  'I see that',
]
const MIDDLES = [
  'Crews that change by the hour are what we plan for.',
  'Waiting ships cost more than any crane.',
  'Night shifts are the ones that nobody wants to fill in by hand.',
  'Most rosters we meet still live in a spreadsheet somebody inherited.',
  'A late vessel moves forty people, and a plan has to follow within minutes.',
  'Sick leave in the morning should not mean a phone in each hand until noon.',
  'Rest rules differ from port to port, and somebody has to keep count of them.',
]
const OFFERS = [
  'For others we begin with one berth and one month.',
  'It takes an afternoon to try it on last week’s shifts.',
  'People see their own rosters and can swap among themselves.',
  'The dispatcher keeps the last word about every change.',
  'Nothing has to be installed at the quay for that.',
  'It speaks with the terminal’s own system every few minutes.',
]
const QUESTIONS = [
  'Who plans the shifts with you?',
  'How far ahead are your rosters fixed?',
  'Is that something you would want to compare?',
]

const message = (n: number): string =>
  JSON.stringify({
    subject: `Rosters at harbour ${n}`,
    body: `Hi Person${n},\n\n${OPENINGS[n % 5]} Havn ${n} runs the container terminal of harbour ${n}. ${MIDDLES[n % 7]}\n\n${OFFERS[n % 6]} Fjordlys plans the shifts of harbour crews so that nobody waits for a crane.\n\n${QUESTIONS[n % 3]}`,
    used_facts: ['f1', 'f2', 'f3', 's3'],
    commonality: {
      text: `Harbour ${n} and harbour crews`,
      confidence_score: 0.8,
      rarity_score: 0.5,
      relevance_score: 0.7,
      supporting_facts: ['f3', 's3'],
    },
  })
const REVIEW = JSON.stringify({ score: 0.9, objections: [] })

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString('latin1')
    const content = text.includes('\\"draft\\":') ? REVIEW : message(Number(/Person(\d+)/.exec(text)?.[1] ?? 0))
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1_768_377_600,
        model: 'bench',
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 900, completion_tokens: 150, total_tokens: 1050 },
      }),
    )
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
