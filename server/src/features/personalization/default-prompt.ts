import { createHash } from 'node:crypto'

/** What is used where nobody has written a prompt, and offered as a start for one. The same for everybody. */
export const DEFAULT_PROMPT = `Write a short, personal first e-mail from the sender to the lead, the way one busy professional writes to another.

Find one thing that the sender and the lead really have in common, or one thing about the lead's work that makes the sender's offer useful to them. Prefer what is specific and rare over what is true of everybody. Open with it in one sentence, and say in the next why it matters to the lead.

Then say in one or two sentences what the sender does for people in the lead's position. Speak of the lead's result, not of features. End with one easy question that can be answered with a short reply; do not ask for a meeting and offer a link in the same breath.

Rules:
- Claim only what the facts say. Do not guess numbers, customers, news or feelings, and do not pretend to have met.
- If the facts hold nothing special, be honest and brief instead of inventing a connection.
- 60 to 120 words, in two to four short paragraphs. Plain text, no lists, no bold, no emoji.
- Subject: at most 7 words, in sentence case, about the lead and not about the sender. No "Re:", no "quick question".
- Address the lead by first name where it is known. Do not praise: "impressive" and "love what you are doing" say nothing.
- No pressure, no superlatives, no "hope this finds you well", no links, no attachments, no placeholders in brackets.
- Write in the language that the lead's facts suggest, otherwise in English.
- Do not sign: the signature is added later. In a follow-up bring one new thought, and do not repeat the message before.`

/** Names a version of a prompt: SHA-256 of its text in hex. Prompts that differ in a space are two versions. */
export const promptVersionHash = (prompt: string): string => createHash('sha256').update(prompt).digest('hex')
