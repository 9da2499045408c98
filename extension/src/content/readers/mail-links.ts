import { type FoundRecord, type Reader, tableOf } from '../found-list.ts'
import { isShown, linkedMail, oneLine, shownLines, shownText } from '../page-text.ts'
import { isMailAddress } from '../value-kinds.ts'
import { headingBefore } from './html-table.ts'

/** Pages that name people only by links to write to them: each address, with the words around it. */
export const mailLinks: Reader = {
  name: 'mail-links',
  title: 'E-mail links',
  find: (page) => {
    const links = [...page.querySelectorAll('a[href^="mailto:" i]')].filter(isShown)
    const records = new Map<string, FoundRecord>()
    for (const link of links) {
      const mail = linkedMail(link)
      if (!mail || !isMailAddress(mail) || records.has(mail.toLowerCase())) continue
      const block = link.closest('li, p, dd, td, address, article, section, div') ?? link
      const text = shownText(link)
      const lines = shownLines(block).filter((line) => line !== text)
      const name = isMailAddress(text) || text.length > 80 ? (lines[0] ?? '') : text
      records.set(mail.toLowerCase(), {
        element: block,
        fields: [
          ['Name', name.includes(mail) ? oneLine(name.replace(mail, '').replace(/[\s:,–-]+$/, '')) : name],
          ['Email', mail],
          ['Text', lines.filter((line) => line !== name).join(' · ')],
        ],
      })
    }
    if (records.size < 2) return []
    const first = links[0] as Element
    return [{ ...tableOf([...records.values()]), title: headingBefore(first), container: null }]
  },
}
