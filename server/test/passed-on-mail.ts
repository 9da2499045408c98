import { type ParsedMessage, readableText } from '../src/features/inbound/parse-message.ts'

/**
 * The same notice as a person passes it on: quoted in an answer, forwarded in the text, attached, and pasted below a
 * greeting under the notice's own subject. None of these is a delivery report.
 */
export const passedOn = (message: ParsedMessage, raw: Uint8Array): { how: string; raw: Buffer }[] => {
  const text = readableText(message).slice(0, 20_000)
  const subject = message.subject.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
  const letter = (title: string, body: string): Buffer =>
    Buffer.from(
      `From: Bob <bob@colleague.test>\nTo: ada@sender.test\nSubject: ${title}\nMessage-ID: <passed.on@colleague.test>\nUser-Agent: SomeMail/1.0\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${body}\n`,
    )
  const quoted = text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')
  const header = `From: ${message.from?.address ?? ''}\nDate: Fri, 31 Jul 2026 10:00:00 +0000\nSubject: ${subject}\nTo: bob@colleague.test`
  return [
    { how: 'quoted', raw: letter(`Re: ${subject}`, `Hi,\n\ndo you know what this is?\n\n${quoted}`) },
    {
      how: 'forwarded in the text',
      raw: letter(`Fwd: ${subject}`, `---------- Forwarded message ---------\n${header}\n\n${text}`),
    },
    { how: 'pasted below a greeting', raw: letter(subject, `Hello Ada,\n\n${text}`) },
    {
      how: 'attached',
      raw: Buffer.concat([
        Buffer.from(
          `From: Bob <bob@colleague.test>\nTo: ada@sender.test\nSubject: FW: ${subject}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="=_passed_on_"\n\n--=_passed_on_\nContent-Type: text/plain\n\nSee below, it never arrived.\n\n--=_passed_on_\nContent-Type: message/rfc822\n\n`,
        ),
        raw,
        Buffer.from('\n--=_passed_on_--\n'),
      ]),
    },
  ]
}
