/** What the demo writes to its people: a made-up company, Larkfield, that matches supplier invoices to orders. */
export const POSTAL_ADDRESS = 'Larkfield ApS, Vesterbrogade 14, 1620 Copenhagen, Denmark'

const LINK = 'https://www.larkfield.example/three-way-match'

export type DemoTemplate = { name: string; content: { subject: string; body: string } }

const firstA: DemoTemplate = {
  name: 'Demo 1A: the supplier who calls',
  content: {
    subject: '{{ company_name | default: "Your team" }} and the suppliers who call',
    body: `{{ "Hi|Hello" | spin }} {{ first_name | default: "there" }},

{% if title %}In a role like yours ({{ title }}) you tend to hear of a late invoice when the supplier calls.{% else %}Most people hear of a late invoice when the supplier calls.{% endif %} By then somebody has already searched three mailboxes for the order.

We built a small service that matches invoices to orders and deliveries as they come in, and only asks a person about the ones that do not fit. {% if company_name %}For a company like {{ company_name }}{% else %}For a team of your size{% endif %} that is usually about one in twelve.

This page shows how a match is decided, with real examples: ${LINK}

Is this something you are looking at this {{ "quarter|season" | spin }}?

{{ "Best regards|Kind regards" | spin }}
Mara`,
  },
}

const firstB: DemoTemplate = {
  name: 'Demo 1B: one in twelve',
  content: {
    subject: 'One invoice in twelve{% if first_name %}, {{ first_name }}{% endif %}',
    body: `{{ "Hi|Hello" | spin }} {{ first_name | default: "there" }},

about one supplier invoice in twelve does not match its order. The other eleven still get checked by hand{% if city %}, in {{ city }} as everywhere{% endif %}.

We turn that around: the eleven go through by themselves, and the twelfth arrives with the order, the delivery note and the reason side by side.

Here is what that looks like: ${LINK}

Would it help if I ran last month's invoices{% if company_name %} of {{ company_name }}{% endif %} through it and sent you the result?

{{ "Best regards|Kind regards" | spin }}
Mara`,
  },
}

const second: DemoTemplate = {
  name: 'Demo 2: the short version',
  content: {
    // Empty: it goes on in the thread of step 1.
    subject: '',
    body: `{{ "Hi|Hello" | spin }} {{ first_name | default: "there" }},

a short version of my note from the other day: send us one month of invoices and orders, and you get a list of what does not match and why. It takes us a day and you nothing but the export.

An example of such a list: ${LINK}?example=list

Should I send you where to put the files?

Mara`,
  },
}

const third: DemoTemplate = {
  name: 'Demo 3: last note',
  content: {
    subject: '',
    body: `{{ first_name | default: "Hello" }}, {{ "this is my last note on this|I will leave it at this" | spin }}.

If matching invoices is not yours to decide, {% if company_name %}who at {{ company_name }} would know?{% else %}whom should I ask?{% endif %} And if it is simply not the time, one word is enough.

Mara`,
  },
}

export const demoTemplates = { firstA, firstB, second, third }

export const oldListTemplate: DemoTemplate = {
  name: 'Demo: old list',
  content: {
    subject: 'Are you still at {{ company_name | default: "the same company" }}?',
    body: `Hello {{ first_name | default: "there" }},

we spoke some years ago about supplier invoices. Are you still the right person for it?

Mara`,
  },
}

export const demoDomains = [
  { domain: 'larkfield.example', aliases: ['mara.jensen', 'mara', 'm.jensen', 'mara.j'] },
  { domain: 'larkfield-team.example', aliases: ['mara.jensen', 'mara', 'm.jensen', 'mara.j'] },
  { domain: 'trylarkfield.example', aliases: ['mara.jensen', 'mara', 'm.jensen', 'mara.j'] },
]

export const oldListDomain = { domain: 'larkfield-archive.example', aliases: ['mara.jensen'] }

/** An old list, as one finds them: a quarter of its addresses are gone, so sending to it pauses itself. */
export const writeOldList = (): string => {
  const names = ['Anna', 'Bernd', 'Chloe', 'Dario', 'Elin', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas']
  const rows = Array.from({ length: 90 }, (_, index) => {
    const name = names[index % names.length] as string
    return `${name},Contact ${index + 1},Old Company ${(index % 30) + 1},${name.toLowerCase()}.${index + 1}@autopause.example`
  })
  return ['First Name,Last Name,Company,Email', ...rows, ''].join('\n')
}
