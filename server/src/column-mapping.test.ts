import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guessField, guessMapping, normalizeColumnNames, variableName } from './column-mapping.ts'

function mappingOf(columns: string[], ...rows: string[][]) {
  const samples = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? ''])))
  return guessMapping(columns, samples)
}

const headers: [string, string | undefined][] = [
  ['Email', 'email'],
  ['E-Mail Address', 'email'],
  ['E-mail 1 - Value', 'email'],
  ['EMAIL_ADDRESS', 'email'],
  ['emailAddress', 'email'],
  ['Work Email', 'email'],
  ['E-Mail-Adresse', 'email'],
  ['Adresse e-mail', 'email'],
  ['Correo electrónico', 'email'],
  ['Indirizzo email', 'email'],
  ['Электронная почта', 'email'],
  ['メールアドレス', 'email'],
  ['Email Status', undefined],
  ['Email Confidence', undefined],
  ['Email Sent', undefined],
  ['Secondary Email', undefined],
  ['First Name', 'first_name'],
  ['firstName', 'first_name'],
  ['Vorname', 'first_name'],
  ['Prénom', 'first_name'],
  ['Given Name', 'first_name'],
  ['Imię', 'first_name'],
  ['Last Name', 'last_name'],
  ['Nachname', 'last_name'],
  ['Nom de famille', 'last_name'],
  ['Apellidos', 'last_name'],
  ['Cognome', 'last_name'],
  ['Příjmení', 'last_name'],
  ['Full Name', 'full_name'],
  ['Name', 'full_name'],
  ['Ansprechpartner', 'full_name'],
  ['Company', 'company_name'],
  ['Company Name for Emails', 'company_name'],
  ['Account Name', 'company_name'],
  ['Firma', 'company_name'],
  ["Nom de l'entreprise", 'company_name'],
  ['Société', 'company_name'],
  ['会社名', 'company_name'],
  ['Company Domain Name', 'company_domain'],
  ['Title', 'title'],
  ['Job Title', 'title'],
  ['Position', 'title'],
  ['Intitulé du poste', 'title'],
  ['Person Linkedin Url', 'linkedin_url'],
  ['LinkedIn Contact Profile URL', 'linkedin_url'],
  ['defaultProfileUrl', 'linkedin_url'],
  ['Company Linkedin Url', undefined],
  ['Phone Number', 'phone'],
  ['Telefon', 'phone'],
  ['Téléphone', 'phone'],
  ['Company Phone', undefined],
  ['Country/Region', 'country'],
  ['Land', 'country'],
  ['Pays', 'country'],
  ['Ville', 'city'],
  ['Stadt', 'city'],
  ['Company City', undefined],
  ['Time Zone', 'timezone'],
  ['Zeitzone', 'timezone'],
  ['Fuseau horaire', 'timezone'],
  ['Website URL', 'website'],
  ['Webseite', 'website'],
  ['Site web', 'website'],
  ['Annual Revenue', undefined],
  ['# Employees', undefined],
  ['', undefined],
]

for (const [header, field] of headers) {
  test(`the header ${JSON.stringify(header)} names ${field ?? 'no field'}`, () => {
    assert.equal(guessField(header), field)
  })
}

test('an Apollo export is mapped, and its two company names are a conflict that the first wins', () => {
  const columns = [
    'First Name',
    'Last Name',
    'Title',
    'Company',
    'Company Name for Emails',
    'Email',
    'Email Status',
    'Email Confidence',
    'Person Linkedin Url',
    'Website',
    'Company Linkedin Url',
    'City',
    'Country',
    'Company City',
  ]
  const { mapping, conflicts } = mappingOf(columns, [
    'Ann',
    'Lee',
    'CEO',
    'Acme Inc.',
    'Acme',
    'ann@acme.example',
    'Verified',
    '0.9',
    'http://www.linkedin.com/in/ann',
    'http://acme.example',
    'http://www.linkedin.com/company/acme',
    'Bonn',
    'Germany',
    'Köln',
  ])
  assert.deepEqual(mapping, {
    Email: 'email',
    'First Name': 'first_name',
    'Last Name': 'last_name',
    Company: 'company_name',
    Title: 'title',
    'Person Linkedin Url': 'linkedin_url',
    Country: 'country',
    City: 'city',
    Website: 'website',
  })
  assert.deepEqual(conflicts, [
    { field: 'company_name', columns: ['Company', 'Company Name for Emails'], chosen: 'Company' },
  ])
})

test('a HubSpot export and a German list are mapped whole', () => {
  assert.deepEqual(
    mappingOf([
      'Record ID',
      'First Name',
      'Last Name',
      'Email',
      'Phone Number',
      'Contact owner',
      'Job Title',
      'Company name',
      'City',
      'Country/Region',
      'Time Zone',
      'Website URL',
      'LinkedIn URL',
    ]).mapping,
    {
      Email: 'email',
      'First Name': 'first_name',
      'Last Name': 'last_name',
      'Company name': 'company_name',
      'Job Title': 'title',
      'LinkedIn URL': 'linkedin_url',
      'Phone Number': 'phone',
      'Country/Region': 'country',
      City: 'city',
      'Time Zone': 'timezone',
      'Website URL': 'website',
    },
  )
  assert.deepEqual(mappingOf(['Anrede', 'Vorname', 'Name', 'Firma', 'E-Mail', 'Telefon', 'PLZ', 'Ort']).mapping, {
    'E-Mail': 'email',
    Vorname: 'first_name',
    Name: 'last_name',
    Firma: 'company_name',
    Telefon: 'phone',
    Ort: 'city',
  })
})

test('"Name" is read by what stands beside it', () => {
  assert.deepEqual(mappingOf(['Name', 'Email']).mapping, { Email: 'email', Name: 'full_name' })
  assert.deepEqual(mappingOf(['Nombre', 'Apellidos']).mapping, { Nombre: 'first_name', Apellidos: 'last_name' })
  assert.deepEqual(mappingOf(['Nom', 'Prénom']).mapping, { Nom: 'last_name', Prénom: 'first_name' })
  assert.deepEqual(mappingOf(['First Name', 'Last Name', 'Name']).mapping, {
    'First Name': 'first_name',
    'Last Name': 'last_name',
    Name: 'full_name',
  })
})

test('a column of addresses is the email whatever its header', () => {
  assert.deepEqual(mappingOf(['who', 'x9'], ['Ann', 'ann@a.example'], ['Bob', 'bob@b.example'], ['Cid', '']).mapping, {
    x9: 'email',
  })
  assert.deepEqual(mappingOf(['column_1', 'column_2'], ['ann@a.example', '5']).mapping, { column_1: 'email' })
})

test('a column called Email without a single address is not the email', () => {
  const { mapping } = mappingOf(['Email', 'Contact at'], ['verified', 'ann@a.example'], ['guessed', 'bob@b.example'])
  assert.deepEqual(mapping, { 'Contact at': 'email' })
})

test('a column found by its values never displaces one found by its name', () => {
  const { mapping, conflicts } = mappingOf(['Owner', 'Email'], ['me@us.example', 'ann@a.example'])
  assert.deepEqual(mapping, { Email: 'email' })
  assert.deepEqual(conflicts, [])
})

test('links to LinkedIn profiles and zone names are recognised by value', () => {
  const { mapping } = mappingOf(
    ['URL', 'Email Address', 'when'],
    ['https://www.linkedin.com/in/ann', 'ann@a.example', 'Europe/Berlin'],
  )
  assert.deepEqual(mapping, { 'Email Address': 'email', URL: 'linkedin_url', when: 'timezone' })
})

test('each field is given to one column and each column to one field', () => {
  const columns = ['Email', 'Work Email', 'E-mail', 'Phone', 'Mobile Phone']
  const { mapping, conflicts } = mappingOf(columns)
  assert.deepEqual(mapping, { Email: 'email', Phone: 'phone' })
  assert.deepEqual(
    conflicts.map((conflict) => [conflict.field, conflict.columns.length, conflict.chosen]),
    [
      ['email', 3, 'Email'],
      ['phone', 2, 'Phone'],
    ],
  )
})

test('column names are unique, never empty and safe as keys', () => {
  assert.deepEqual(
    normalizeColumnNames([' Email ', 'Email', '', 'First\nName', '__proto__', 'Email (2)', '\u200b', 'a\0b']).map(
      (column) => [column.name, column.variable_name],
    ),
    [
      ['Email', 'email'],
      ['Email (2)', 'email_2'],
      ['column_3', 'column_3'],
      ['First Name', 'first_name'],
      ['__proto__ (column)', 'proto'],
      ['Email (2) (2)', 'email_2_2'],
      ['column_7', 'column_7'],
      ['a b', 'a_b'],
    ],
  )
})

test('ten thousand equal headers get ten thousand names at once', () => {
  const names = normalizeColumnNames(Array.from({ length: 10_000 }, () => 'x'))
  assert.equal(new Set(names.map((column) => column.name)).size, 10_000)
  assert.equal(new Set(names.map((column) => column.variable_name)).size, 10_000)
})

test('a header becomes a variable that a template can write', () => {
  const variables: [string, string][] = [
    ['Prénom', 'prenom'],
    ['First Name', 'first_name'],
    ['companyName', 'company_name'],
    ['LinkedIn URL', 'linkedin_url'],
    ['# Employees', 'employees'],
    ['Straße', 'strasse'],
    ['Łódź', 'lodz'],
    ['Smørrebrød', 'smorrebrod'],
    ['Имя', 'imya'],
    ['Όνομα', 'onoma'],
    ['2nd line', 'column_2nd_line'],
    ['会社', 'column'],
    ['nil', 'nil_value'],
    ['a}}{{b', 'a_b'],
    ['__proto__', 'proto'],
    ['constructor', 'constructor_value'],
    ['x'.repeat(500), 'x'.repeat(64)],
  ]
  for (const [header, variable] of variables) {
    assert.equal(variableName(header), variable)
    assert.match(variableName(header), /^[a-z_][a-z0-9_]*$/)
  }
})
