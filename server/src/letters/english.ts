import type { Phrases } from './phrases.ts'

export const english: Phrases = {
  greeting: {
    formal: ['Dear {salute},', 'Dear {full},', 'Dear {first},'],
    usual: ['Hi {first},', 'Hello {first},'],
    informal: ['Hi {first},', 'Hey {first},'],
    nameless: ['Hello,', 'Hi there,'],
  },
  shared: {
    mutual: [
      'We both know {shared}, so I hope this is a little less of a cold e-mail than most.',
      '{shared} is a contact we share, which makes it easier to write to you.',
    ],
    former_employer: [
      'We have both worked at {shared}, so I hope you will allow me a direct question.',
      'You have {shared} on your CV, and so do I.',
    ],
    sender_was_there: [
      'Before {sender_company} I was at {shared}, where you are now, so I am writing to a place I know a little.',
      'I used to work at {shared} myself.',
    ],
    lead_was_here: ['You used to be at {shared}, where I am now, so I can skip most of the introduction.'],
    event: ['{shared} is on your list of events and on mine.', 'You have {shared} on your list, and so do I.'],
    school: [
      'Going by our CVs, we both went to {shared}.',
      '{shared} is on your CV and on mine, which seemed a good enough reason to write to you first.',
    ],
    city: [
      'I am writing from {shared} as well, so this comes from around the corner.',
      'You and I both work in {shared}, which makes this a local question for once.',
      '{shared} is where I work too, so I thought I would ask you directly.',
    ],
    area: [
      'You are in {city} and I am in {sender_city}, near enough that I thought I would write to you myself.',
      'It is not far from {sender_city}, where I am, to you in {city}.',
    ],
    region: ['We are both in {shared}, so this comes from around the corner.'],
    country: [
      'We are both {country_in}. That alone is no reason to write, so here is a better one.',
      'I am {country_in} as well, in {sender_city}, so this is a note from not too far away.',
    ],
    industry: [
      'We are both in {shared}, you at {company} and I at {sender_company}, so I will keep the introduction short.',
      'Your company and mine are both in {shared}.',
    ],
    function: [
      'We both work in {duty}, so I will spare you the sales talk.',
      'You and I both work in {duty}, you at {company} and I at {sender_company}.',
    ],
    tool: ['You use {shared} at {company}, and so do we.', 'We both work with {shared}.'],
    interest: [
      'It is not why I am writing, but {shared} seems to be something we both enjoy.',
      'Apart from work we seem to have {shared} in common. This is about work, though.',
    ],
    language: ['We could both have this conversation in {shared}, but I will stick to English.'],
  },
  noted: {
    referred: [
      'My notes have you down as a referral from {referrer}, and I did not want to let that lie.',
      'You were referred to us by {referrer}, my notes say.',
    ],
    met: [
      'My notes say that we met {met}, and I would like to pick up from there.',
      'We met {met}, if my notes are right.',
    ],
    short: ['You once asked us for something short, my notes say, so here it is.'],
  },
  quoted: ['Your website puts it in one line: “{quote}”', 'On your website I read: “{quote}”'],
  why: {
    fits: [
      'You work in {duty} at {company}, so I take you to be the right person to ask about {topic}.',
      'Anybody who works in {duty}, as you do at {company}, will have an opinion on {topic}. I would like to hear yours.',
      'If I understand your role at {company} right, {duty} is your field, so {topic} should not be far from your desk.',
      'You work in {duty} at {company}, and that is the kind of job we build for.',
      'Since your job is {duty}, {topic} should be no news to you.',
      'I picked {duty} over every other desk at {company}, because that is where people usually have something to say about {topic}.',
    ],
    top: [
      'You have all of {company} to think about and {topic} will be a small part of it, so I will be quick.',
      'I doubt that you handle {topic} at {company} yourself, but you will know whether anybody should look at this.',
      'You are {title} at {company}, so you will know at once whether this is worth anybody’s time there.',
      'Somebody in your position rarely deals with {topic} in person. You will know who does, though.',
    ],
    leads: [
      'In your position at {company} you will know better than I do whether {topic} could do with a closer look.',
      'You are {title} at {company}, so you will know at once whether this is worth a minute there.',
      'I may be wrong to bring {topic} to somebody in your position, but you will know who to pass it to.',
    ],
    elsewhere: [
      'You work in {duty}, so {topic} may well be somebody else’s job at {company}. I am asking you because you will know whose.',
      'Looking at your role in {duty}, I may have the wrong desk: this is about {topic}.',
      'I realise that {topic} may not be your field, since yours is {duty}. You may still know who to ask.',
      'This is about {topic}, which is some way from {duty}, I know. I have no better name at {company} to write to.',
    ],
    works_in: [
      'I am writing to you because you work in {duty} at {company}.',
      'You work in {duty} at {company}, which is the reason for this note.',
      'Your field is {duty}, which is why I chose to write to you.',
    ],
    industry: [
      '{industry|cap} is one of the fields we work for, which is why I am writing to {company}.',
      '{company} is in {industry}, and that is one of the fields we work for.',
    ],
    by_name: [
      'Going by the name, {company} is in {industry}, which is one of the fields we work for.',
      'If the name {company} says what you do, you are in {industry}, and that is a field we work for.',
    ],
    company: [
      'I do not know who looks after {topic} at {company}, so I am starting with you.',
      'I cannot tell from outside what your part in {topic} is, so I will be brief.',
      'This is about {topic}, and I cannot tell from outside whether that is an issue at {company}.',
    ],
    stranger: [
      'I do not think we have been in touch before, and I have no special occasion to offer, so I will be brief.',
      'As far as I know we have not been in touch before, so let me come straight to the point.',
    ],
  },
  introduction: ['I work at {sender_company}.', 'I am writing for {sender_company}.', 'I am with {sender_company}.'],
  after_pain: ['That is what we work on at {sender_company}.', 'This is what we do at {sender_company}.'],
  offer: {
    sentence: ['At {sender_company} {offer_at_company}', '{offer}'],
    help: ['We {offer}.', 'At {sender_company} we {offer}.'],
    noun: ['In short, what we offer is {offer}.', 'What we do at {sender_company}, in a few words: {offer}.'],
    foreign: ['In our own words: “{offer}”'],
  },
  question: {
    topic: [
      'Do you deal with {topic} at {company} at all?',
      'How do you handle {topic} today, if I may ask?',
      'Is this on your list at the moment, or is it settled?',
      'Would it be worth a closer look from where you sit?',
    ],
    pain: ['Does any of this sound familiar?', 'Is this how it goes at {company} too, or have you solved it?'],
    blank: [
      'May I ask you a short question about your work at {company}?',
      'May I send you two or three lines about what we do?',
    ],
    elsewhere: [
      'Could you tell me who looks after {topic} at {company}?',
      'Who at {company} would be the right person for this?',
      'Would you point me to whoever looks after {topic}?',
    ],
    open: [
      'Is this on your list at the moment?',
      'Shall I tell you more, or is this not for you?',
      'Would it be worth a closer look from where you sit?',
    ],
    call: [
      'Would a call of {minutes} minutes be all right, at a time that suits you?',
      'Could we talk for {minutes} minutes some time soon?',
    ],
    demo: ['Would you like to see it? I can show you in a few minutes.', 'May I show you how it works?'],
    referral: ['Who at {company} would be the right person for this?', 'Who would be the right person to ask?'],
  },
  closing: [
    'One line is plenty as an answer.',
    'If the answer is no, that helps me too.',
    'If this is not for you, just say so and I will leave it there.',
    'There is no hurry; whenever it suits you.',
    'Thank you for reading this far, either way.',
  ],
  link: ['More about it is here: {link}', 'The details are on this page: {link}'],
  subject: {
    topic: [
      '{company} and {topic}',
      '{topic|cap} at {company}',
      'A question about {topic}',
      'How {company} handles {topic}',
      '{first}, a question about {topic}',
    ],
    elsewhere: [
      'Who looks after {topic} at {company}?',
      '{topic|cap} at {company}: whose desk?',
      'The right person for {topic}?',
    ],
    shared: ['{shared}, and a question about {topic}', '{shared} in common, and {topic}'],
    open: ['A question for {company}', 'A short question, {first}', 'An idea for {company}', 'A short question'],
  },
  again: {
    opening: [
      'I would like to add one thing to my note about {topic}.',
      'My note about {topic} may have come at a bad moment, so here is one more thought.',
      'A short postscript to my last message.',
      'Back to my question about {topic}, with one thing I left out.',
    ],
    still: [
      'I asked you about {topic} some time ago.',
      'I wrote to you about {topic} and do not know whether it reached the right person.',
      'My last message may have come at a bad moment.',
    ],
    question: [
      'Is that worth a look at {company}?',
      'Is this still open, or should I ask somebody else?',
      'Would you rather I asked a colleague?',
      'Is it worth a minute of your time?',
    ],
    last: [
      'This is my last note about {topic}. If a colleague at {company} looks after it, a name would help me; if nobody does, there is no need to answer.',
      'I will leave it at this. Should {topic} come up at {company} one day, you know where to find me.',
      'I have asked about {topic} before and do not want to be a nuisance, so this is the last time. A plain no is fine.',
      'This is my last message. If it is not the right time, there is no need to answer.',
      'I will leave it at this. Thank you for reading.',
      'No more from me on {topic} after this. All the best.',
    ],
    subject: [
      'One more thing about {topic}',
      'What I left out about {topic}',
      'A postscript on {topic}',
      'One thing to add',
    ],
    last_subject: ['Last note about {topic}', 'Leaving it here, {first}', 'My last note'],
  },
  duty: {
    finance: 'finance',
    procurement: 'procurement',
    sales: 'sales',
    marketing: 'marketing',
    it: 'IT',
    engineering: 'engineering',
    operations: 'operations',
    logistics: 'logistics',
    people: 'HR',
    product: 'product',
    legal: 'legal',
    support: 'customer support',
    projects: 'project management',
    data: 'data',
    communication: 'communications',
  },
  title:
    /^(?:ceo|coo|cfo|cto|cmo|vice president|managing director|general manager|country manager|chief [a-z ]+|head of [a-z ]+|director of [a-z ]+|director|partner|vp,? [a-z ]+)$/i,
  at_company: (offer) => (/^We /.test(offer) ? `we ${offer.slice(3)}` : undefined),
  contract: (text) =>
    text
      .replaceAll(/\b(I) am(?= \w)(?! now)/g, '$1’m')
      .replaceAll(/\b([Yy]ou|[Ww]e) are(?= \w)/g, '$1’re')
      .replaceAll(/\b(I|[Yy]ou|[Ww]e) (?:will)(?= \w)/g, '$1’ll')
      .replaceAll(/\b([Dd]o|[Dd]oes) not\b/g, '$1n’t')
      .replaceAll(/\b([Ii]t|[Tt]hat|[Tt]here) is(?= \w)/g, '$1’s')
      .replaceAll(/\bI would(?= \w)/g, 'I’d'),
}
