import { Fragment } from 'react'

const ADDRESS = /\bhttps?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]]/g
const LONGEST = 56

const short = (url: string): string => {
  const bare = url.replace(/^https?:\/\/(?:www\.)?/, '')
  return bare.length > LONGEST ? `${bare.slice(0, LONGEST - 1)}…` : bare
}

/** Plain text with its addresses to follow. Long ones, such as an opt-out with its token, are cut to what one reads of them. */
export const LinkedText = ({ text }: { text: string }) => {
  const parts: { text: string; url: string | null; at: number }[] = []
  let end = 0
  for (const match of text.matchAll(ADDRESS)) {
    parts.push({ text: text.slice(end, match.index), url: null, at: end })
    parts.push({ text: short(match[0]), url: match[0], at: match.index })
    end = match.index + match[0].length
  }
  parts.push({ text: text.slice(end), url: null, at: end })
  return (
    <p className="text-sm whitespace-pre-wrap text-ink [overflow-wrap:anywhere]">
      {parts.map((part) =>
        part.url ? (
          <a
            key={part.at}
            href={part.url}
            title={part.url}
            target="_blank"
            rel="noopener noreferrer nofollow"
            className="text-accent-strong underline underline-offset-2"
          >
            {part.text}
          </a>
        ) : (
          <Fragment key={`${part.at}-`}>{part.text}</Fragment>
        ),
      )}
    </p>
  )
}
